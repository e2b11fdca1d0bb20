/** Rows that lie in their quote. Whoever pays one all the same is served, so that a test sees the money move. */
import { USDC } from "../../../sandbox/chain-handles.mjs";
import { thiefOf } from "./case.mjs";
import { honestOption, plain, quoteHeaders, render } from "./render.mjs";

const MAX_UINT256 = (2n ** 256n - 1n).toString();
const BASE_USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
const TEN_YEARS_SECONDS = 315_360_000;
const DEAR = "25000000";

/** A row whose only option is the honest one with this changed. */
const with_ = (change) => (place) => render(place, [{ ...honestOption(place), ...change }]);
const extra = (change) => (place) => {
  const option = honestOption(place);
  return render(place, [{ ...option, extra: { ...option.extra, ...change } }]);
};
/** A row whose whole header is this text. */
const header = (text) => () => ({ status: 402, headers: { "payment-required": text }, body: "{}" });
/** A row whose quote is another JSON value altogether. */
const value = (json) => (place) => {
  const text = JSON.stringify(json);
  if (place.version === 2) return header(Buffer.from(text).toString("base64"))();
  return { status: 402, headers: { "content-type": "application/json" }, body: text };
};
const whole = (change) => (place) => render(place, [honestOption(place)], change(place));

const TOKENS = {
  "wrong-token": with_({ asset: "0x1111111111111111111111111111111111111111" }),
  "base-token": with_({ asset: BASE_USDC }),
  "token-name": with_({ asset: "USDC" }),
  "wrong-network": with_({ network: "eip155:8453", asset: BASE_USDC }),
  "other-network": with_({ network: "eip155:1" }),
  "network-space": with_({ network: "eip155:84532 " }),
  "network-padded": with_({ network: "eip155:084532" }),
  "network-wildcard": with_({ network: "eip155:*" }),
  "network-v1-name": with_({ network: "base-sepolia" }),
  solana: with_({
    network: "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
    asset: "So11111111111111111111111111111111111111112",
  }),
  "wrong-domain": extra({ name: "USD Coin" }),
  "wrong-domain-version": extra({ version: "1" }),
  "no-domain": with_({ extra: {} }),
  permit2: extra({ assetTransferMethod: "permit2" }),
  erc7710: extra({ assetTransferMethod: "erc7710" }),
  upto: with_({ scheme: "upto" }),
  batch: with_({ scheme: "batch-settlement" }),
  "auth-capture": with_({ scheme: "auth-capture" }),
  "unknown-scheme": with_({ scheme: "exactly" }),
  upfront: extra({ paymentFlow: "upfront" }),
  escrow: extra({ paymentFlow: "escrow" }),
  "unknown-flow": extra({ paymentFlow: "whenever" }),
  "pay-to-short": with_({ payTo: "0x1234" }),
  "pay-to-name": with_({ payTo: "seller.eth" }),
  "pay-to-zero": with_({ payTo: `0x${"0".repeat(40)}` }),
  "pay-to-token": with_({ payTo: USDC }),
};

const AMOUNTS = {
  "amount-hex": with_({ amount: "0x2710" }),
  "amount-space": with_({ amount: " 10000" }),
  "amount-space-after": with_({ amount: "10000 " }),
  "amount-line-break": with_({ amount: "10000\n" }),
  "amount-float": with_({ amount: "10000.0" }),
  "amount-exponent": with_({ amount: "1e4" }),
  "amount-plus": with_({ amount: "+10000" }),
  "amount-negative": with_({ amount: "-10000" }),
  "amount-padded": with_({ amount: "0010000" }),
  "amount-underscore": with_({ amount: "10_000" }),
  "amount-digits": with_({ amount: "１００００" }),
  "amount-empty": with_({ amount: "" }),
  "amount-zero": with_({ amount: "0" }),
  "amount-max": with_({ amount: MAX_UINT256 }),
  "amount-over": with_({ amount: `${MAX_UINT256}0` }),
  "amount-unsafe": with_({ amount: "9007199254740993" }),
  "amount-number": with_({ amount: 10_000 }),
  "amount-null": with_({ amount: null }),
  "amount-list": with_({ amount: ["10000"] }),
  "amount-missing": with_({ amount: undefined }),
  // A unit trick: a price for tokens of 18 decimals, 0.01 of them.
  "amount-18-decimals": with_({ amount: "10000000000000000" }),
};

const many = (count) => (place) => {
  const options = Array.from({ length: count }, (_, n) => ({ ...honestOption(place), amount: String(10_000 + n) }));
  return render(place, options);
};

const FORMS = {
  "options-32": many(32),
  "options-33": many(33),
  "options-40": many(40),
  "bad-base64": header("%%%not base64%%%"),
  "bad-json": header(Buffer.from('{"x402Version":2,"accepts":[').toString("base64")),
  null: value(null),
  list: value([]),
  "no-accepts": whole(() => ({ accepts: undefined })),
  "empty-accepts": whole(() => ({ accepts: [] })),
  "object-accepts": whole((place) => ({ accepts: { 0: honestOption(place), length: 1 } })),
  "version-3": whole(() => ({ x402Version: 3 })),
  "version-text": whole(() => ({ x402Version: "2" })),
  prototype: (place) => {
    const text = JSON.stringify({ x402Version: 2, resource: { url: place.url }, accepts: [honestOption(place)] });
    return header(Buffer.from(text.replaceAll('{"', '{"__proto__":{"amount":"1"},"')).toString("base64"))();
  },
  html: () => ({ status: 402, headers: { "content-type": "text/html" }, body: "<h1>402 Payment Required</h1>" }),
  "no-quote": () => plain(402, "pay me"),
  "body-only": (place) => {
    const body = JSON.stringify({ x402Version: 2, resource: { url: place.url }, accepts: [honestOption(place)] });
    return { status: 402, headers: { "content-type": "application/json" }, body };
  },
  "v1-option-in-v2": (place) => {
    const { amount, ...rest } = honestOption(place);
    return render(place, [{ ...rest, maxAmountRequired: amount }]);
  },
  "mpp-too": (place) => {
    const answer = render(place, [honestOption(place)]);
    const challenge = 'Payment id="x", method="tempo", intent="charge", request="e30"';
    return { ...answer, headers: { ...answer.headers, "www-authenticate": challenge } };
  },
};

const CHOICES = {
  "dear-first": (place) => render(place, [{ ...honestOption(place), amount: DEAR }, honestOption(place)]),
  "two-prices": (place) => render(place, [honestOption(place), { ...honestOption(place), amount: "20000" }]),
  "two-payees": (place) => render(place, [honestOption(place), { ...honestOption(place), payTo: thiefOf(place.id) }]),
  "bad-then-good": (place) => render(place, [{ ...honestOption(place), scheme: "upto" }, honestOption(place)]),
  // A cheap price in the header, a dear one in the body, or the other way round: what is judged must be what is signed.
  "two-versions": (place) => twoVersions(place, honestOption(place), { ...honestOption(place), amount: DEAR }),
  "two-versions-dear-header": (place) =>
    twoVersions(place, { ...honestOption(place), amount: DEAR }, honestOption(place)),
  "ten-years": with_({ maxTimeoutSeconds: TEN_YEARS_SECONDS }),
  "validity-9": with_({ maxTimeoutSeconds: 9 }),
  "validity-10": with_({ maxTimeoutSeconds: 10 }),
  "validity-0": with_({ maxTimeoutSeconds: 0 }),
  "validity-negative": with_({ maxTimeoutSeconds: -60 }),
  "validity-float": with_({ maxTimeoutSeconds: 60.5 }),
  "validity-text": with_({ maxTimeoutSeconds: "60" }),
  // Honest: offers the extension by which a payment carries an id of the buyer.
  identified: (place) =>
    render(place, [honestOption(place)], {
      extensions: { "payment-identifier": { info: { required: false }, schema: { type: "object" } } },
    }),
  "resource-spoof": (place) => render(place, [honestOption(place)], { resource: { url: "https://api.openai.com/v1" } }),
};

function twoVersions(place, inHeader, inBody) {
  const v1 = render({ ...place, version: 1 }, [inBody]);
  return { status: 402, headers: { ...v1.headers, ...quoteHeaders(place, [inHeader]) }, body: v1.body };
}

export const QUOTES = { ...TOKENS, ...AMOUNTS, ...FORMS, ...CHOICES };
