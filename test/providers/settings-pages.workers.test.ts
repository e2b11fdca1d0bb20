import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { errorAt, noticeOf } from "../dashboard/deployment.ts";
import { newMember } from "../dashboard/support.ts";
import { api, newOrganization } from "../support/service.ts";
import { BEARER, CUSTOMER, cardProfile, KEY, must, providers, SELLER, startClock, stripe } from "./support.ts";

/** What the settings pages do with the other side: they ask it before anything is kept. */
beforeEach(startClock);
afterEach(async () => {
  vi.useRealTimers();
  await stripe("reset_faults", {});
});

describe("the settings pages", () => {
  it("keep a key of Stripe that works, replace it and remove it, and never show it", async () => {
    const organization = await newOrganization();
    const { browser, base } = await newMember(organization, "owner");
    const path = `${base}/settings/stripe`;
    await browser.get(path);
    const unknown = await browser.post(`${path}/key`, { key: "rk_test_nobodyhasthisone" });
    expect([unknown.status, errorAt(unknown, "key")]).toEqual([400, expect.any(String)]);
    expect(unknown.text).not.toContain("nobodyhasthisone");
    const done = await browser.post(`${path}/key`, { key: KEY });
    expect(done.location).toBe(`${path}?done=stripe_saved`);
    const page = await browser.get(done.location!);
    expect(noticeOf(page)).toContain("Stripe has taken the key.");
    expect(page.text).toContain(`rk_test_…${KEY.slice(-4)}`);
    expect(page.text).not.toContain(KEY);
    const wrong = await browser.post(`${path}/key`, { key: "rk_test_nobodyhasthisone" });
    expect(wrong.text).toContain('<details class="confirm" open');
    const removed = await browser.post(`${path}/remove`);
    expect(removed.location).toBe(`${path}?done=stripe_removed`);
    expect((await browser.get(path)).text).toContain("so charges are simulated");
  });

  it("ask Stripe whether card and customer belong together, and say so at the card", async () => {
    const organization = await newOrganization();
    await must(organization, "PUT", "/integrations/stripe", { key: KEY });
    const { browser, base } = await newMember(organization, "owner");
    const path = `${base}/settings/profiles/new/stripe`;
    await browser.get(path);
    const { kind: _kind, ...card } = cardProfile("office-card", "pm_nobodyhasthisone");
    const wrong = await browser.post(path, card);
    expect([wrong.status, errorAt(wrong, "payment_method")]).toEqual([400, expect.any(String)]);
    const saved = await browser.post(path, { ...card, customer: CUSTOMER, payment_method: "pm_card_visa" });
    expect(saved.location).toBe(`${base}/settings/profiles/office-card?done=profile_added`);
  });

  it("add a merchant that says itself where its API is", async () => {
    const organization = await newOrganization();
    const { browser, base } = await newMember(organization, "owner");
    await browser.get(`${base}/settings/merchants/new`);
    const shop = { name: "Shop", url: providers.merchant, seller_profile: SELLER, bearer: BEARER, book_refunds: "on" };
    const done = await browser.post(`${base}/settings/merchants/new`, shop);
    expect(done.location).toMatch(/\/settings\/merchants\/mer_\w+\?done=merchant_added$/);
    const { data } = (await api(organization.admin, "GET", "/integrations/acp/merchants")).body;
    expect(data).toMatchObject([{ name: "Shop", url: providers.merchant }]);
  });
});
