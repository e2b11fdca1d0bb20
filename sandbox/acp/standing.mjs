/** Whether a session can be paid, and what it says: derived from what it holds, so that it is never out of date. */
import { deliversTo } from "./catalogue.mjs";
import { since } from "./contract.mjs";
import { priced } from "./pricing.mjs";

export const problem = (code, content, param) => ({ type: "error", code, content, ...(param ? { param } : {}) });

/** States that end a session. */
export const FINAL = new Set(["completed", "canceled", "expired"]);

/**
 * @returns {{ status: string, messages: object[], price: object }} `status` in the words of the newest release.
 */
export function standingOf(session, world) {
  const price = priced(session, world);
  if (session.stage !== "open") return { status: session.stage, messages: session.said, price };
  const missing = lacks(session, price);
  const messages = [...missing, ...session.said];
  const stuck = missing.length > 0 || session.blocked;
  return { status: stuck ? "not_ready_for_payment" : "ready_for_payment", messages, price };
}

function lacks(session, { lines, physical, shipping }) {
  const missing = lines.flatMap(({ good: { name, stock }, quantity }, index) => {
    const param = `$.line_items[${index}]`;
    if (session.reserved || stock === null || quantity <= stock) return [];
    if (stock === 0) return [problem("out_of_stock", `${name} is sold out.`, param)];
    return [problem("quantity_exceeded", `${name}: ${stock} left.`, param)];
  });
  if (!physical) return missing;
  const address = session.details?.address;
  if (address === undefined)
    missing.push(problem("missing", "Where is it to be sent?", "$.fulfillment_details.address"));
  else if (!deliversTo(address.country))
    missing.push(problem("region_restricted", "We do not send there.", "$.fulfillment_details.address.country"));
  else if (shipping === null)
    missing.push(problem("missing", "How is it to be sent?", "$.selected_fulfillment_options"));
  return missing;
}

/** What a release calls a state that it does not know. */
const OLDER_STATUS = {
  incomplete: "not_ready_for_payment",
  requires_escalation: "not_ready_for_payment",
  pending_approval: "in_progress",
  complete_in_progress: "in_progress",
  expired: "canceled",
};
const OLDER_CODES = new Set([
  "missing",
  "invalid",
  "out_of_stock",
  "payment_declined",
  "requires_sign_in",
  "requires_3ds",
]);
const OLDER_CODE = { quantity_exceeded: "out_of_stock", low_stock: "out_of_stock" };

export function statusIn(version, status) {
  if (since(version, "2026-01-30")) return status;
  // The first release has no way to ask for the cardholder but a message.
  if (status === "authentication_required" && version === "2025-09-29") return "ready_for_payment";
  return OLDER_STATUS[status] ?? status;
}

export function messagesIn(version, messages) {
  return messages.map(({ type, code, content, param }) => {
    const said = { type, ...(param === undefined ? {} : { param }), content_type: "plain", content };
    if (type !== "error") return said;
    if (!since(version, "2026-01-30")) {
      const known = OLDER_CODES.has(code) ? code : (OLDER_CODE[code] ?? "invalid");
      return { ...said, code: known, ...(param === undefined ? {} : { param: olderParam(version, param) }) };
    }
    const resolution =
      code === "requires_3ds" || code === "approval_required" ? "requires_buyer_review" : "recoverable";
    return { ...said, code, severity: "high", ...(since(version, "2026-04-17") ? { resolution } : {}) };
  });
}

function olderParam(version, param) {
  if (version !== "2025-09-29") return param;
  return param
    .replace("$.fulfillment_details.address", "$.fulfillment_address")
    .replace("$.selected_fulfillment_options", "$.fulfillment_option_id");
}
