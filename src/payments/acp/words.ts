import { cleanText } from "../../mcp/text.ts";
import { hasForbiddenCharacters } from "../guard-url.ts";
import type { MerchantWords } from "./api.ts";
import { field, isObject, listOf, textOf } from "./json.ts";
import { ACP_LIMITS } from "./limits.ts";

/** A secret that is shorter is no secret, and would take every message with it. */
const SECRET_CHARS = 4;

/**
 * What the merchant wrote for people, cleaned and cut. Downloads and licence keys are the buyer's, not the agent's: what
 * repeats one of them is left out.
 */
export function wordsOf(session: unknown): MerchantWords {
  const secrets = digitalSecrets(field(session, "order"));
  const isOpen = (text: string): boolean => !secrets.some((secret) => text.includes(secret));
  const messages = listOf(session, "messages", ACP_LIMITS.lines)
    .map((message) => textOf(message, "content") ?? "")
    .filter((text) => text !== "" && isOpen(text))
    .map((text) => cleanText(text.slice(0, ROOM), ACP_LIMITS.messageChars).trim());
  const lines = listOf(session, "line_items", ACP_LIMITS.lines)
    .map((line) => textOf(line, "name") ?? "")
    .filter((text) => text !== "" && isOpen(text))
    .map((text) => cleanText(text.slice(0, ROOM), ACP_LIMITS.shownLineChars).trim());
  return {
    messages: messages.filter((text) => text !== "").slice(0, ACP_LIMITS.messages),
    lines: lines.filter((text) => text !== "").slice(0, ACP_LIMITS.shownLines),
    continue_url: link(textOf(session, "continue_url"), isOpen),
    order_url: link(textOf(field(session, "order"), "permalink_url"), isOpen),
  };
}

/** Enough to fill a message after invisible characters are taken out, and little enough to clean quickly. */
const ROOM = 4 * ACP_LIMITS.messageChars;

/** An https link in its normal form, as every parser reads it; null for anything else. */
function link(text: string | null, isOpen: (text: string) => boolean): string | null {
  if (text === null || text.length > ACP_LIMITS.linkChars || hasForbiddenCharacters(text) || !URL.canParse(text)) {
    return null;
  }
  const url = new URL(text);
  const isPlain = url.protocol === "https:" && url.username === "" && url.password === "";
  return isPlain && url.href.length <= ACP_LIMITS.linkChars && isOpen(text) && isOpen(url.href) ? url.href : null;
}

/** `digital_delivery` of the order's fulfilments (rfc.orders 4.3). */
function digitalSecrets(order: unknown): readonly string[] {
  const places = [order, ...listOf(order, "fulfillments", ACP_LIMITS.lines)];
  return places
    .map((place) => field(place, "digital_delivery"))
    .filter(isObject)
    .flatMap((delivery) => [textOf(delivery, "access_url"), textOf(delivery, "license_key")])
    .filter((secret): secret is string => secret !== null && secret.length >= SECRET_CHARS);
}
