import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { redact } from "../../src/edge/log.ts";
import { makeHookToken } from "../../src/keys/hook-token.ts";
import { newId } from "../../src/keys/ids.ts";
import { parseSigningSecrets } from "../../src/keys/signing-secrets.ts";
import { LIMITS } from "../../src/limits.ts";
import { edge, problemOf, SIGNING } from "./support.ts";

const secrets = parseSigningSecrets(SIGNING);
if (!secrets.ok) throw new Error(secrets.error);
const address = { region: 1 as const, organization_id: newId("org"), hook_id: newId("hok") };
const token = makeHookToken(secrets.value, address);
const PATH = `/hooks/${token}`;
const signed = (body: string, headers: Record<string, string> = { "stripe-signature": "t=1,v1=00" }): RequestInit => ({
  method: "POST",
  body,
  headers,
});

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  for (const level of ["error", "warn", "info"] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(line));
  }
});
afterEach(() => vi.restoreAllMocks());

describe("POST /hooks/<token>", () => {
  it("hands the message to the object byte for byte, with both signatures", async () => {
    const { send, organization } = edge();
    const body = ' {"a":"ž",\n"b":1.0} ';
    const answer = await send(PATH, signed(body, { "stripe-signature": "s", "merchant-signature": "m" }));
    expect([answer.status, await answer.json()]).toEqual([200, { received: true }]);
    expect(organization.stubs).toEqual([{ orgId: address.organization_id, region: 1 }]);
    expect(organization.hooks).toEqual([
      {
        hook_id: address.hook_id,
        stripe_signature: "s",
        merchant_signature: "m",
        body,
        request_id: answer.headers.get("x-request-id"),
      },
    ]);
  });

  it("answers everything that is no message for a hook alike, and wakes nobody for it", async () => {
    const { send, organization } = edge();
    const wrong = [
      await send(PATH, signed("{}", {})),
      await send(`/hooks/${token.slice(0, -1)}${token.endsWith("0") ? "1" : "0"}`, signed("{}")),
      await send("/hooks/x", signed("{}")),
      await send("/hooks/", signed("{}")),
      await send(`${PATH}/more`, signed("{}")),
    ];
    expect(organization.woken).toBe(0);
    organization.onHook = () => ({ outcome: "refused" });
    wrong.push(await send(PATH, signed("{}")));
    const texts = new Set<string>();
    for (const answer of wrong) {
      const { request_id: _, ...rest } = await problemOf(answer);
      expect(rest).toMatchObject({ status: 400, code: "hook_refused" });
      texts.add(JSON.stringify(rest));
    }
    expect(texts.size).toBe(1);
  });

  it("takes hookBodyBytes and no byte more", async () => {
    const { send, organization } = edge();
    expect((await send(PATH, signed("x".repeat(LIMITS.hookBodyBytes)))).status).toBe(200);
    expect((await send(PATH, signed("x".repeat(LIMITS.hookBodyBytes + 1)))).status).toBe(413);
    expect(organization.hooks).toHaveLength(1);
  });

  it("makes the provider repeat what failed on our side", async () => {
    const { send, organization } = edge();
    organization.onHook = () => ({ outcome: "failed" });
    const failed = await send(PATH, signed("{}"));
    expect([failed.status, failed.headers.get("retry-after")]).toEqual([503, "5"]);
    organization.onHook = () => Promise.reject(new Error("broken"));
    expect((await send(PATH, signed("{}"))).status).toBe(503);
    expect(lines.some((line) => line.includes("object_call_failed"))).toBe(true);
  });

  it("slows down a flood, in the object's words and in its own", async () => {
    const { send, organization, clock } = edge();
    organization.onHook = () => ({ outcome: "throttled", retry_after_seconds: 7 });
    const throttled = await send(PATH, signed("{}"));
    expect([throttled.status, throttled.headers.get("retry-after")]).toEqual([429, "7"]);
    organization.onHook = () => ({ outcome: "taken" });
    let last = 0;
    for (let n = 1; n < LIMITS.requestsPerKeyPerMinute; n++) last = (await send(PATH, signed("{}"))).status;
    expect(last).toBe(200);
    expect((await send(PATH, signed("{}"))).status).toBe(429);
    clock.now += 60_000;
    expect((await send(PATH, signed("{}"))).status).toBe(200);
  });

  it.each(["GET", "PUT", "DELETE"])("takes no %s", async (method) => {
    const { send, organization } = edge();
    const answer = await send(PATH, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    expect(organization.woken).toBe(0);
  });

  it("says that it is not set up without signing secrets", async () => {
    const { send } = edge({ env: { KEY_SIGNING_SECRETS: "" } });
    expect((await problemOf(await send(PATH, signed("{}")))).code).toBe("not_configured");
  });

  it("writes its address into no log", async () => {
    const { send, organization } = edge();
    organization.onHook = () => Promise.reject(new Error(`cannot fetch https://quetra.test/hooks/${token}`));
    await send(PATH, signed("{}"));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join("\n")).not.toContain(token);
    expect(redact(`hooks%2F${token}`)).toBe("hooks/[redacted]");
  });
});
