import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { ACP_VERSIONS } from "../../../src/payments/acp/api.ts";
import { ACP_LIMITS } from "../../../src/payments/acp/limits.ts";
import { checkoutRails } from "../../../src/payments/acp/rails.ts";
import { open } from "../../../src/payments/seal.ts";
import { ORGANIZATION, SECRETS } from "../x402/wallets.ts";
import { example, type Json, violations } from "./published.ts";
import { BASE, BEARER, env, json, merchant, NOW, ORIGIN, quoteOrder, rails, session, shop, steps } from "./shop.ts";

const NEWEST = "2026-04-17";

afterEach(() => vi.restoreAllMocks());

const document = (changes: Json = {}): Json => ({
  protocol: { name: "acp", version: NEWEST, supported_versions: [...ACP_VERSIONS].reverse() },
  api_base_url: BASE,
  transports: ["rest"],
  capabilities: { services: ["checkout"] },
  ...changes,
});
const versions = (...supported_versions: unknown[]) => ({
  protocol: { name: "acp", version: "2099-01-01", supported_versions },
});

const sealing = async (answer: () => Response | Promise<Response>, changes: Json = {}, policy?: Json) => {
  const outbound = shop(NEWEST, answer, policy);
  const result = await rails(outbound).sealMerchant({
    organization_id: ORGANIZATION,
    origin: ORIGIN,
    api_base_url: null,
    version: null,
    bearer: BEARER,
    ...changes,
  });
  return { result, outbound, code: result.ok ? "sealed" : result.error.code };
};

describe("discovery", () => {
  it("asks the well-known document, without the bearer, and seals what was given", async () => {
    const { result, outbound } = await sealing(() => json(document()));
    expect(outbound.faults).toEqual([]);
    expect(outbound.seen.map(({ url, method }) => [method, url])).toEqual([["GET", `${ORIGIN}/.well-known/acp.json`]]);
    expect(result).toMatchObject({ ok: true, value: { last4: "0001", api_base_url: BASE, version: NEWEST } });
    const sealed = result.ok ? result.value.sealed_bearer : "";
    expect(await open(SECRETS.SEALING_SECRETS, ORGANIZATION, "merchant_bearer", sealed)).toMatchObject({
      value: { plaintext: BEARER },
    });
    expect(JSON.stringify(result)).not.toContain(BEARER);
    expect(violations(NEWEST, "DiscoveryResponse", document())).toEqual([]);
  });

  it.each(["discovery_response_full", "discovery_response_minimal"])("reads the published %s", async (name) => {
    const published = example(NEWEST, name);
    const { result } = await sealing(() => json(published), { origin: new URL(published.api_base_url).origin });
    expect(result).toMatchObject({ ok: true, value: { api_base_url: published.api_base_url } });
  });

  it.each<[string, Json, string]>([
    ["the newest that both know", versions("2025-09-29", "2026-01-30", "2027-02-02"), "2026-01-30"],
    ["in whatever order", versions("2026-01-16", "2025-09-29"), "2026-01-16"],
    ["none", versions("2027-02-02", "2024-01-01", 7, null), "no_common_version"],
    ["no list", versions(), "discovery_invalid"],
    [
      "another protocol",
      { protocol: { name: "ucp", version: NEWEST, supported_versions: [NEWEST] } },
      "discovery_invalid",
    ],
    ["no checkout", { capabilities: { services: ["carts"] } }, "no_checkout"],
    ["no REST", { transports: ["mcp"] }, "no_rest"],
    ["no base", { api_base_url: null }, "discovery_invalid"],
  ])("version: %s", async (_name, changes, expected) => {
    const { result, code } = await sealing(() => json(document(changes)));
    expect(result.ok ? result.value.version : code).toBe(expected);
  });

  it.each<[string, string, string]>([
    ["the same host", "https://shop.example.com/api", "sealed"],
    ["a sibling", "https://acp.example.com", "sealed"],
    ["a slash at the end", `${BASE}//`, "sealed"],
    ["another domain", "https://shop.example.org/api", "foreign_api_base_url"],
    ["a longer name", "https://shop.example.com.evil.net/api", "foreign_api_base_url"],
    ["a prefix", "https://evilexample.com/", "foreign_api_base_url"],
    ["http", "http://shop.example.com/api", "api_base_url"],
    ["a private address", "https://10.0.0.1/api", "api_base_url"],
    ["loopback", "http://127.0.0.1:8080/api", "api_base_url"],
    ["a port", "https://shop.example.com:8443/api", "api_base_url"],
    ["a password", "https://a:b@shop.example.com/api", "api_base_url"],
    ["ourselves", "https://quetra.test/api", "api_base_url"],
    ["a query", "https://shop.example.com/api?to=", "api_base_url"],
    ["an empty query", "https://shop.example.com/api?", "api_base_url"],
    ["a fragment", "https://shop.example.com/api#", "api_base_url"],
  ])("base: %s", async (_name, api_base_url, code) => {
    const found = await sealing(() => json(document({ api_base_url })));
    expect(found.code).toBe(code);
    if (found.result.ok) expect(found.result.value.api_base_url).toBe(api_base_url.replace(/\/+$/, ""));
  });

  it("shops of one hosting platform are strangers", async () => {
    const at = async (api_base_url: string) =>
      (await sealing(() => json(document({ api_base_url })), { origin: "https://one.github.io" })).code;
    expect(await at("https://one.github.io/acp")).toBe("sealed");
    expect(await at("https://two.github.io/acp")).toBe("foreign_api_base_url");
  });

  it.each<[string, () => Response, string]>([
    ["404", () => new Response(null, { status: 404 }), "no_acp"],
    ["500", () => json({}, 500), "discovery_failed"],
    ["429", () => json({}, 429), "discovery_failed"],
    [
      "a redirect",
      () => new Response(null, { status: 301, headers: { location: "https://www.example.com/" } }),
      "discovery_failed",
    ],
    ["HTML", () => new Response("<html>"), "discovery_invalid"],
    ["a list", () => json([document()]), "discovery_invalid"],
    [
      "a reset",
      () => {
        throw new TypeError("reset");
      },
      "discovery_failed",
    ],
  ])("answer: %s", async (_name, answer, code) => {
    const found = await sealing(answer);
    expect([found.code, found.outbound.seen.length]).toEqual([code, 1]);
  });

  it(`of ${LIMITS.providerBodyBytes} bytes is read, one more is not`, async () => {
    const text = JSON.stringify(document());
    const padded = (bytes: number) => () => new Response(`${text}${" ".repeat(bytes - text.length)}`);
    expect((await sealing(padded(LIMITS.providerBodyBytes))).code).toBe("sealed");
    expect((await sealing(padded(LIMITS.providerBodyBytes + 1))).code).toBe("discovery_invalid");
  });

  it("reads so many versions and no more", async () => {
    const behind = (count: number) =>
      sealing(() => json(document(versions(...Array(count).fill("2027-01-01"), NEWEST))));
    expect((await behind(ACP_LIMITS.versions - 1)).code).toBe("sealed");
    expect((await behind(ACP_LIMITS.versions)).code).toBe("no_common_version");
  });

  it("ends after so long", async () => {
    const waits: number[] = [];
    const ends = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      waits.push(ms);
      return ends(20);
    });
    const { code } = await sealing(
      () => new Promise<Response>((_, reject) => setTimeout(() => reject(new Error("late")), 60)),
    );
    expect([code, new Set(waits)]).toEqual(["discovery_failed", new Set([LIMITS.providerCallMs])]);
  });

  it("in the sandbox: the very same origin of loopback", async () => {
    const policy = { ownHosts: ["quetra.test"], allowLoopback: true, loopbackPorts: [8701, 8702] };
    const at = async (api_base_url: string) =>
      (await sealing(() => json(document({ api_base_url })), { origin: "http://127.0.0.1:8701" }, policy)).code;
    expect(await at("http://127.0.0.1:8701/acp")).toBe("sealed");
    expect(await at("http://127.0.0.1:8702/acp")).toBe("foreign_api_base_url");
    expect(await at("http://localhost:8701/acp")).toBe("foreign_api_base_url");
    expect(await at("http://127.0.0.1:9000/acp")).toBe("api_base_url");
  });

  it("is asked by every quote of a merchant without a configured base", async () => {
    const outbound = shop("2025-12-12", (step) =>
      step === "discovery" ? json(document(versions("2025-12-12"))) : json(session("2025-12-12"), 201),
    );
    const handle = await merchant({ api_base_url: null, version: null });
    expect(await rails(outbound).checkoutQuote(await quoteOrder("2025-12-12", { merchant: handle }))).toMatchObject({
      kind: "session",
      session: { version: "2025-12-12", api_base_url: BASE },
    });
    expect([outbound.faults, steps(outbound)]).toEqual([[], ["discovery", "create"]]);
  });

  it("that fails is the quote's refusal, in the same words", async () => {
    const outbound = shop(NEWEST, () => new Response(null, { status: 404 }));
    const handle = await merchant({ api_base_url: null });
    expect(await rails(outbound).checkoutQuote(await quoteOrder(NEWEST, { merchant: handle }))).toMatchObject({
      kind: "refused",
      refusal: { code: "no_acp" },
      words: null,
    });
  });
});

describe("a configured merchant", () => {
  const never = () => {
    throw new Error("asked");
  };

  it("is not asked for anything", async () => {
    const { result, outbound } = await sealing(never, { api_base_url: `${BASE}/`, version: "2026-01-16" });
    expect(result).toMatchObject({ ok: true, value: { api_base_url: BASE, version: "2026-01-16" } });
    expect(outbound.seen).toHaveLength(0);
    expect((await sealing(never, { api_base_url: BASE })).result).toMatchObject({ value: { version: NEWEST } });
  });

  it("may have its API on another domain, because an administrator says so", async () => {
    expect((await sealing(never, { api_base_url: "https://acp.platform.example.org/m/1" })).code).toBe("sealed");
  });

  it.each<[string, Json, string]>([
    ["a version of the future", { version: "2027-01-01" }, "version"],
    ["a path", { origin: `${ORIGIN}/shop` }, "merchant_address"],
    ["a slash", { origin: `${ORIGIN}/` }, "merchant_address"],
    ["upper case", { origin: "https://SHOP.example.com" }, "merchant_address"],
    ["http", { origin: "http://shop.example.com" }, "merchant_address"],
    ["a private host", { origin: "https://localhost" }, "merchant_address"],
    ["a base that is inside", { api_base_url: "https://metadata.internal/" }, "api_base_url"],
    ["a space", { bearer: "merchant bearer 01" }, "bearer"],
    ["a line break", { bearer: "merchant-bearer\n01" }, "bearer"],
    ["letters beyond ASCII", { bearer: "merchant-bearér-01" }, "bearer"],
  ])("refused: %s", async (_name, changes, code) => {
    const found = await sealing(never, { api_base_url: BASE, ...changes });
    expect([found.code, found.outbound.seen.length]).toEqual([code, 0]);
  });

  it("has a bearer of a length between these, which then fits its seal and its header", async () => {
    const of = async (chars: number) =>
      (await sealing(never, { api_base_url: BASE, bearer: "b".repeat(chars) })).result;
    const { bearerChars, bearerCharsLeast } = ACP_LIMITS;
    for (const chars of [bearerCharsLeast - 1, bearerChars + 1]) expect((await of(chars)).ok).toBe(false);
    for (const chars of [bearerCharsLeast, bearerChars]) {
      const result = await of(chars);
      const sealed = result.ok ? result.value.sealed_bearer : "";
      expect(await open(SECRETS.SEALING_SECRETS, ORGANIZATION, "merchant_bearer", sealed)).toMatchObject({ ok: true });
      const outbound = shop(NEWEST, () => json(session(NEWEST)));
      const handle = await merchant({ sealed_bearer: sealed });
      await rails(outbound).checkoutQuote(await quoteOrder(NEWEST, { merchant: handle }));
      expect(outbound.seen[0]?.headers.get("authorization")).toBe(`Bearer ${"b".repeat(chars)}`);
    }
  });

  it("is not kept without a sealing secret", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const desk = { env: { ...env, SEALING_SECRETS: "" }, outbound: shop(NEWEST, never), now: () => NOW };
    const order = { organization_id: ORGANIZATION, origin: ORIGIN, api_base_url: BASE, version: null, bearer: BEARER };
    expect(await checkoutRails(desk).sealMerchant(order)).toMatchObject({
      ok: false,
      error: { code: "not_configured" },
    });
  });
});
