import type { ApprovalVisit, VisitAnswer } from "../approvals/visit.ts";
import type { WebhookOrder, WebhookOutcome } from "../payments/rails-api.ts";

/**
 * The contract between the edge and the Organization object. Everything that crosses it is plain JSON, and both sides
 * must stay compatible with the other's previous version: during a deployment they can differ.
 */

/** Whose request this is. The key itself never crosses: only its id and the SHA-256 of its secret. */
export interface Caller {
  readonly key_id: string;
  /** Lower-case hex SHA-256 of the 160-bit secret. */
  readonly secret_hash: string;
  readonly request_id: string;
  /** ISO 3166 alpha-2 of the client, upper case, or null where the platform does not know. */
  readonly country: string | null;
  /** Scheme and host that the client called (`https://quetra.example`), for links. */
  readonly origin?: string;
}

export type Role = "spend" | "read" | "approve" | "admin";

/** One REST call, already validated against the route's schemas. */
export interface ApiCall {
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** The version of `If-Match`, without its quotes. Weak tags and `*` never get here. */
  readonly if_match: string | null;
  readonly idempotency_key: string | null;
}

export interface ApiAnswer {
  readonly status: number;
  /** JSON, or a ready string with `content_type`. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Body of an `ApiAnswer` with status 400 or above. The edge makes it an RFC 9457 problem document: it adds `type`,
 * `status` and `request_id`, and on 401 the header `WWW-Authenticate`. Other members are passed on as they are.
 */
export interface ApiProblem {
  readonly code: string;
  readonly detail: string;
  readonly title?: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}

/** Whether a key is valid now. A refusal carries the status and the JSON-RPC code and text of the MCP path (404, 410). */
export type Authentication =
  | { readonly ok: true; readonly role: Role }
  | { readonly ok: false; readonly status: number; readonly code: number; readonly message: string };

/** A provider's message at one of the organization's hooks, as it came. */
export interface HookCall {
  readonly hook_id: string;
  /** The header `Stripe-Signature`. */
  readonly stripe_signature: string | null;
  /** The header `Merchant-Signature`. */
  readonly merchant_signature: string | null;
  readonly body: string;
  readonly request_id: string;
}

/** `taken` also for a repeated message; `refused` without saying why; `failed`: the provider shall repeat it. */
export type HookAnswer =
  | { readonly outcome: "taken" | "refused" | "failed" }
  | { readonly outcome: "throttled"; readonly retry_after_seconds: number };

/** What the edge sees of the object: see `organization.ts` for the implementation. */
export interface OrganizationStub {
  /** Answers one MCP request. The request carries the caller in `x-quetra-*` headers and the path `/mcp`. */
  fetch(request: Request): Promise<Response>;
  /** Reads the key's row only: for what the edge answers itself (`subscriptions/listen`). */
  authenticate(caller: Caller): Promise<Authentication>;
  api(caller: Caller, call: ApiCall): Promise<ApiAnswer>;
  /** A person looks at an approval or decides it; see `visit.ts`. */
  visit(visit: ApprovalVisit): Promise<VisitAnswer>;
  /** A message of Stripe or a merchant; see `hook-messages.ts`. */
  hook(call: HookCall): Promise<HookAnswer>;
  /** Creates the organization once; a second call with the same id changes nothing and answers `created: false`. */
  provision(input: ProvisionInput): Promise<ProvisionAnswer>;
  /** Begins one attempt of a webhook's delivery, or null when there is nothing to do (any more). For the queue's consumer. */
  claimDelivery(deliveryId: string, attempt: number): Promise<WebhookOrder | null>;
  recordAttempt(deliveryId: string, attempt: number, outcome: WebhookOutcome): Promise<void>;
  /** Re-arms whatever is due. Called by the cron sweeper. */
  sweep(): Promise<void>;
}

export interface ProvisionInput {
  readonly id: string;
  readonly name: string;
  readonly mode: "test" | "live";
  /** `default` or `eu`. */
  readonly region: string;
  readonly timezone: string;
}
export interface ProvisionAnswer {
  readonly created: boolean;
  /** The first `admin` key, shown once; absent when the organization existed. */
  readonly admin_key?: string;
}
