import { cleanText } from "../../mcp/text.ts";

const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });

/** "22 November 2026 at 10:00 UTC": whoever reads it may be anywhere. */
export const dateWords = (ms: number): string => `${DATE.format(ms)} UTC`;

/** "29 minutes", "3 hours", "2 days": rounded down, so that nobody is promised time that is not there. */
export function spanWords(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return "less than a minute";
  if (minutes < 120) return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}

/** "1 250 000.00": long amounts are read in groups of three. The space is narrow and does not break. */
export function grouped(amount: string): string {
  const [, sign = "", whole = "", rest = ""] = /^(-?)(\d+)(.*)$/s.exec(amount) ?? [];
  return whole === "" ? amount : `${sign}${whole.replace(/\B(?=(?:\d{3})+$)/g, "\u202f")}${rest}`;
}

/** Somebody else's text as one visible line: whatever could turn or hide what stands beside it is gone. */
export const plain = (text: string): string => cleanText(text, 2_000);

const NETWORKS: Readonly<Record<string, string>> = {
  "eip155:8453": "Base",
  "eip155:84532": "Base Sepolia, a test network",
};
export const networkWords = (network: string): string => {
  const name = NETWORKS[network];
  return name === undefined ? network : `${name} (${network})`;
};

const PROTOCOLS: Readonly<Record<string, string>> = {
  external: "The agent buys outside Quetra",
  x402: "Quetra pays by x402",
  acp: "Quetra checks out by ACP",
  stripe: "Quetra charges by Stripe",
};
export const protocolWords = (protocol: string): string => PROTOCOLS[protocol] ?? protocol;
