import type { CheckoutBuyer } from "../../payments/acp/api.ts";
import type { AcpProfile } from "../profiles.ts";
import { first } from "../sql.ts";
import type { Work } from "../work.ts";

/** What stands in the place of whatever belongs to the buyer. */
const BUYER = "[buyer]";
/** What is shorter stands in too many other words. */
const LEAST_CHARS = 3;

/** Takes the buyer out of what a merchant wrote: it repeats freely whom it writes to, and agents are not to know that. */
export interface BuyerMask {
  readonly text: (text: string) => string;
  /** Does it hold the buyer's e-mail or phone, also where they are percent-encoded? */
  readonly isTold: (link: string) => boolean;
}

/** Null = no buyer is known, so there is nothing to take out. */
export function buyerMask(buyer: CheckoutBuyer | null): BuyerMask {
  if (buyer === null) return { text: (text) => text, isTold: () => false };
  const { first_name, last_name, email, phone_number, address } = buyer;
  const reach = patterns([email], phone_number);
  const whole = `${first_name} ${last_name}`;
  const names = [first_name, last_name, whole, address?.name, address?.line_one, address?.line_two];
  const all = patterns([email, ...names], phone_number);
  const words = all === null ? null : new RegExp(`(?<![\\p{L}\\p{N}])(?:${all})(?![\\p{L}\\p{N}])`, "giu");
  // A link runs words together, so that there is no boundary to look for.
  const inLink = reach === null ? null : new RegExp(reach, "iu");
  return {
    text: (text) => (words === null ? text : text.normalize("NFC").replace(words, BUYER)),
    isTold: (link) =>
      inLink !== null && [link, decoded(link), decoded(decoded(link))].some((form) => inLink.test(form)),
  };
}

/** The longest first, so that nothing is left over of a value that holds another one. */
function patterns(values: readonly (string | null | undefined)[], phone: string | null): string | null {
  const texts = values
    .map((value) => (value ?? "").normalize("NFC").trim())
    .filter((value) => value.length >= LEAST_CHARS)
    .sort((a, b) => b.length - a.length)
    .map((value) => value.split(/\s+/).map(escaped).join("\\s+"));
  const digits = (phone ?? "").replace(/\D/g, "");
  // Numbers are written in groups, each merchant in its own way.
  const number = digits.length < LEAST_CHARS ? [] : [`\\+?${[...digits].join("[\\s().\\/-]*")}`];
  const every = [...number, ...texts];
  return every.length === 0 ? null : every.join("|");
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** Each piece by itself: one that cannot be decoded must not hide the others. */
const decoded = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (piece) => {
    try {
      return decodeURIComponent(piece);
    } catch {
      return piece;
    }
  });

/** The buyer as the profile has it now; null where the profile is gone. */
export function buyerNow(work: Pick<Work, "sql">, profileId: string | undefined): CheckoutBuyer | null {
  if (profileId === undefined) return null;
  const row = first<{ config: string }>(
    work.sql,
    "SELECT config FROM profiles WHERE id = ? AND kind = 'acp'",
    profileId,
  );
  return row === undefined ? null : (JSON.parse(row.config) as AcpProfile).buyer;
}
