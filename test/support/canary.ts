import { decodeBase62, encodeBase62 } from "../../src/keys/base62.ts";
import { api } from "./service.ts";

/** What the sample of an import holds; secrets.workers.test.ts looks for it everywhere. */
export const CANARY_PRIVATE_KEY = "0x7fc4a1e9d36b8052c1f7a94e3bd86025e7419ac3f8d20b56971ce4a80d3f62b5";

/** Credentials of providers, as samples hold them; the key is of the mode that test organizations refuse. */
export const CANARY_STRIPE_KEY = "sk_live_CaNaRy7fc4a1e9d36b8052c1f7a94e3bd86025";
export const CANARY_HOOK_SECRET = "whsec_CaNaRye7419ac3f8d20b56971ce4a80d3f62b5";
export const CANARY_BEARER = "CaNaRy-bearer-9d36b8052c1f7a94e3bd86025e7419ac3";
export const CANARY_PROVIDER_SECRETS = [CANARY_STRIPE_KEY, CANARY_HOOK_SECRET, CANARY_BEARER];

/** Bytes in the ways in which they get into texts. */
const spellings = (secret: Buffer): string[] => [
  secret.toString("hex"),
  secret.toString("hex").toUpperCase(),
  secret.toString("base64url"),
  secret.toString("base64").replace(/=+$/, ""),
  encodeBase62(secret),
  BigInt(`0x${secret.toString("hex")}`).toString(),
  [...secret].join(","),
];

/** The canary in every spelling, and cut as an error might show it. */
export const canarySpellings = (): string[] => {
  const hex = CANARY_PRIVATE_KEY.slice(2);
  return [
    ...spellings(Buffer.from(hex, "hex")),
    hex.slice(0, 20),
    hex.slice(-20),
    ...CANARY_PROVIDER_SECRETS.flatMap((text) => [text, text.slice(8), text.slice(0, 20), btoa(text).slice(0, 24)]),
  ];
};

/** A key of ours: its text, its parts, and the secret inside. */
export function keySpellings(key: string): string[] {
  const body = key.split("_").at(-1)!;
  // version 1 | region 1 | organization 16 | key 10 | secret 20 | signing secret id 2 | tag 10
  const bytes = decodeBase62(body, 60);
  if (bytes === null) throw new Error("a key of an unknown layout");
  return [key, body, body.slice(-30), encodeURIComponent(key), ...spellings(Buffer.from(bytes.subarray(28, 48)))];
}

/** A webhook secret: its text, and the bytes inside. */
export const webhookSecretSpellings = (secret: string): string[] => [
  secret,
  ...spellings(Buffer.from(secret.slice("whsec_".length), "base64")),
];

const WALLETS = "/integrations/x402/wallets";

/** The private key where it belongs, where it does not, and in every way that is refused. */
export async function importEverywhere(key: string): Promise<void> {
  const hex = CANARY_PRIVATE_KEY.slice(2);
  const bodies = [
    { source: "import", private_key: CANARY_PRIVATE_KEY },
    { source: "import", private_key: `0x${hex.toUpperCase()}`, activate: true },
    { source: "import", private_key: hex },
    { source: "import", private_key: `${CANARY_PRIVATE_KEY}0` },
    { source: "import", private_key: { key: CANARY_PRIVATE_KEY } },
    { source: "create", private_key: CANARY_PRIVATE_KEY },
    { source: CANARY_PRIVATE_KEY },
    { source: "import", private_key: CANARY_PRIVATE_KEY, activate: CANARY_PRIVATE_KEY },
    `{"source":"import","private_key":"${CANARY_PRIVATE_KEY}"`,
  ];
  for (const body of bodies) await api(key, "POST", WALLETS, body);
  await api(key, "POST", `${WALLETS}/${CANARY_PRIVATE_KEY}/activate`);
  await api(key, "GET", "/integrations/x402");
}
