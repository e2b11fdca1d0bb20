/** Which PaymentIntent a path names, and whether it may take a step. */
import { invalid, noSuch } from "./errors.mjs";

/** The intent in the path, or 404. */
export function rowOf({ account, id }) {
  const row = account.intents.get(id);
  if (row === undefined) throw noSuch("payment_intent", id, "id");
  return row;
}

export function mustBe({ intent }, statuses, verb) {
  if (statuses.includes(intent.status)) return;
  throw invalid(
    "payment_intent_unexpected_state",
    `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may take this step: ${statuses.join(", ")}.`,
    undefined,
    { payment_intent: structuredClone(intent) },
  );
}
