import { createHash } from "node:crypto";
import { fingerprint } from "../../ledger/fingerprint.ts";
import { LIMITS } from "../../limits.ts";
import type { FetchInput } from "../../mcp/governance.ts";
import { type Micros, parseAmount } from "../../money.ts";
import { type GuardPolicy, type GuardRefusal, guardHeaders, guardMethod, guardUrl } from "../../payments/guard.ts";
import type { HttpRequest } from "../../payments/rails-api.ts";
import { X402_CURRENCY } from "../../payments/x402/assets.ts";
import { normalizeCategory } from "../../policy/category.ts";
import { normalizeVendor } from "../../policy/vendor.ts";
import { err, ok, type Result } from "../../result.ts";
import { badInput, Problem } from "../problem.ts";
import type { Target } from "./journal.ts";

/** One call of quetra_fetch, read and judged as far as that needs no organization. */
export interface FetchRequest {
  readonly agent_id: string;
  readonly http: HttpRequest;
  readonly target: Target;
  /** The host that is asked: the payee as the policy sees it. */
  readonly vendor: string;
  readonly category: string | null;
  /** The caller's own ceiling, micros. */
  readonly max_amount: Micros | null;
  readonly idempotency_key: string | null;
  readonly transaction_id: string | null;
  readonly print: string;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

/**
 * Reads the arguments. A refusal of the guard is an answer for the agent; what makes no sense at all is thrown.
 *
 * @throws Problem `invalid_request`, `invalid_amount`, `invalid_category`.
 */
export function readFetch(input: FetchInput, policy: GuardPolicy): Result<FetchRequest, GuardRefusal> {
  if (input.idempotency_key !== undefined && input.transaction_id !== undefined) {
    throw badInput(
      "Pass idempotency_key for a new purchase or transaction_id to continue an approved one, not both; with neither, nothing is ever paid.",
    );
  }
  if (new TextEncoder().encode(input.body ?? "").length > LIMITS.fetchBodyBytes) {
    throw badInput(`The body can have at most ${LIMITS.fetchBodyBytes} bytes.`);
  }
  const url = guardUrl(input.url, policy);
  if (!url.ok) return url;
  const method = guardMethod(input.method ?? "GET", input.body !== undefined);
  if (!method.ok) return method;
  const headers = guardHeaders(input.headers ?? {});
  if (!headers.ok) return headers;
  const vendor = vendorOf(url.value);
  if (!vendor.ok) throw new Problem(400, "invalid_vendor", vendor.error);
  const category = readCategory(input.category);
  const ceiling = readCeiling(input.max_amount);
  const body_hash = hash(input.body ?? "");
  const print = fingerprint({
    tool: "fetch",
    agent_id: input.agent_id,
    vendor: vendor.value,
    amount: ceiling,
    currency: X402_CURRENCY,
    category,
    protocol: "x402",
    method: method.value,
    url: url.value.href,
    body_hash,
  });
  return ok({
    agent_id: input.agent_id,
    http: { url: url.value.href, method: method.value, headers: headers.value, body: input.body ?? null },
    target: {
      method: method.value,
      url: url.value,
      request_hash: hash(JSON.stringify([method.value, url.value.href, body_hash])),
    },
    vendor: vendor.value,
    category,
    max_amount: ceiling,
    idempotency_key: input.idempotency_key ?? null,
    transaction_id: input.transaction_id ?? null,
    print,
    reason: input.reason ?? null,
    metadata: input.metadata ?? null,
  });
}

/** The vendor of a URL: through the same spelling as every other vendor, so that lists match. */
export function vendorOf(url: URL): Result<string, string> {
  const vendor = normalizeVendor(url.href);
  return vendor.ok ? vendor : err(vendor.error);
}

function readCategory(text: string | undefined): string | null {
  if (text === undefined) return null;
  const category = normalizeCategory(text);
  if (!category.ok) throw new Problem(400, "invalid_category", category.error);
  return category.value;
}

function readCeiling(value: number | undefined): Micros | null {
  if (value === undefined) return null;
  const amount = parseAmount(value);
  if (!amount.ok) throw new Problem(400, "invalid_amount", amount.error);
  return amount.value;
}

const hash = (text: string): string => createHash("sha256").update(text).digest("base64url");
