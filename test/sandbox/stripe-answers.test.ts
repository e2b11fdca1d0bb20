import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { charge, PROFILE, previewSdk, refusal, SELLER, sdk, standIn } from "./stripe-stand-in.ts";

const MODULES = new URL("../../node_modules/", import.meta.url).pathname;

/** The members of an interface of the libraries, with the text of their types. */
function members(file: string, name: string): Map<string, { optional: boolean; type: string }> {
  const text = readFileSync(MODULES + file, "utf8").replace(/\s*\/\*\*[\s\S]*?\*\//g, "");
  const body =
    new RegExp(`^export interface ${name} (?:extends \\w+ )?\\{\\n([\\s\\S]*?)\\n\\}`, "m").exec(text)?.[1] ?? "";
  const lines = body.matchAll(/^ {4}(\w+)(\??): ([\s\S]*?);$/gm);
  return new Map([...lines].map(([, member, mark, type]) => [member!, { optional: mark === "?", type: type! }]));
}

/** Does the value fit where the type speaks of plain values? Names of other types stand for objects and words. */
function fits(value: unknown, type: string): boolean {
  const kinds = type.split("|").map((kind) => kind.trim());
  const plain = (kind: string) => /^(string|number|boolean|null|'.*')$/.test(kind);
  if (value === null) return kinds.includes("null");
  if (kinds.includes(`'${String(value)}'`) || kinds.includes(typeof value)) return true;
  if (Array.isArray(value)) return kinds.some((kind) => kind.startsWith("Array<"));
  return (
    kinds.some((kind) => !plain(kind) && !kind.startsWith("Array<")) && ["object", "string"].includes(typeof value)
  );
}

function expectShape(value: object, file: string, name: string): void {
  const typed = members(file, name);
  expect(typed.size).toBeGreaterThan(3);
  const shown = Object.entries(value).filter(([member]) => member !== "lastResponse");
  expect([name, shown.map(([member]) => member).filter((member) => !typed.has(member))]).toEqual([name, []]);
  for (const [member, { optional, type }] of typed) {
    const there = Object.hasOwn(value, member);
    expect([name, member, there || optional]).toEqual([name, member, true]);
    if (there) expect([name, member, type, fits(Reflect.get(value, member), type)]).toEqual([name, member, type, true]);
  }
}

describe("answers", () => {
  const at = (name: string, library = "stripe") => `${library}/esm/resources/${name}.d.ts`;

  it("have every member that the libraries promise, and no other", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    const paid = await stripe.paymentIntents.create(charge({ payment_method: "pm_card_createDispute" }));
    const held = await stripe.paymentIntents.create(charge({ capture_method: "manual" }));
    const slow = await stripe.paymentIntents.create(charge({ payment_method: "pm_card_processing" }));
    const error = await refusal(stripe.paymentIntents.create(charge({ payment_method: "pm_card_chargeDeclined" })));
    for (const each of [paid, held, slow, error.payment_intent!, await stripe.paymentIntents.cancel(held.id)])
      expectShape(each, at("PaymentIntents"), "PaymentIntent");
    for (const each of (await stripe.charges.list()).data) expectShape(each, at("Charges"), "Charge");
    const [dispute] = (await stand.control("state")).disputes;
    expectShape(await stripe.disputes.retrieve(dispute.id), at("Disputes"), "Dispute");
    const { id } = await stripe.paymentIntents.create(charge());
    expectShape(await stripe.refunds.create({ payment_intent: id }), at("Refunds"), "Refund");
    expectShape(await stripe.paymentMethods.retrieve("pm_card_visa"), at("PaymentMethods"), "PaymentMethod");
    expectShape(await stripe.customers.retrieve("cus_sandbox_acme"), at("Customers"), "Customer");
    expectShape(await stripe.balance.retrieve(), at("Balance"), "Balance");
    for (const each of (await stripe.events.list({ limit: 100 })).data) expectShape(each, at("Events"), "EventBase");

    const { issuedTokens } = previewSdk(stand).sharedPayment;
    const token = await issuedTokens.create({
      payment_method: "pm_card_visa",
      seller_details: { network_business_profile: PROFILE },
      usage_limits: { currency: "usd", max_amount: 100 },
    });
    for (const each of [token, await issuedTokens.revoke(token.id)])
      expectShape(each, at("SharedPayment/IssuedTokens", "stripe-preview"), "IssuedToken");
    const granted = await previewSdk(stand, SELLER).sharedPayment.grantedTokens.retrieve(token.id);
    expectShape(granted, at("SharedPayment/GrantedTokens", "stripe-preview"), "GrantedToken");
  });
});
