import type { Outcome } from "../people/api.ts";
import { type FieldErrors, NO_ERRORS } from "./ui/form.tsx";

/** What the keeper of accounts refused: where each sentence stands on the page, and the status of the answer. */
export interface Refused {
  readonly status: number;
  readonly fields: FieldErrors;
  readonly above: readonly string[];
  readonly retryAfterSeconds?: number;
}

/** A form that was not posted yet. */
export const NOT_REFUSED: Refused = { status: 200, fields: NO_ERRORS, above: [] };

/** @param fields The names of the form's fields: a sentence about any other stands above the form. */
export function refusedBy(
  { code, message, field, retry_after_seconds }: Extract<Outcome<unknown>, { ok: false }>,
  fields: readonly string[] = [],
): Refused {
  const known = field !== undefined && fields.includes(field);
  const wait = retry_after_seconds === undefined ? {} : { retryAfterSeconds: retry_after_seconds };
  return {
    status: retry_after_seconds !== undefined ? 429 : code === "not_found" ? 404 : 400,
    fields: known ? new Map([[field, message]]) : NO_ERRORS,
    above: known ? [] : [retry_after_seconds === undefined ? message : waitWords(retry_after_seconds)],
    ...wait,
  };
}

function waitWords(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return `Too many attempts. Try again in ${minutes <= 1 ? "a minute" : `${minutes} minutes`}.`;
}

/** Programs read from the header what people read from the sentence. */
export function withRetryAfter(response: Response, { retryAfterSeconds }: Refused): Response {
  if (retryAfterSeconds !== undefined) response.headers.set("retry-after", String(retryAfterSeconds));
  return response;
}
