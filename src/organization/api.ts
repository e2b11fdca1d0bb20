import type { ApprovalVisit, VisitAnswer } from "../approvals/visit.ts";
import type { WebhookOrder, WebhookOutcome } from "../payments/rails-api.ts";
import type { PersonRole } from "../people/api.ts";

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

/**
 * A person who is signed in to the dashboard. The edge has read the session and the membership right before this call, and
 * nothing but the edge can say so: the object has no address of its own.
 */
export interface PersonCaller {
  readonly person_id: string;
  readonly role: PersonRole;
  readonly request_id: string;
  readonly country: string | null;
  readonly origin?: string;
}

/** Whoever runs the service, with the operator's token. The edge has compared it. */
export interface OperatorCaller {
  readonly operator: true;
  readonly request_id: string;
}

/**
 * A change of who belongs to the organization, and as what, that D1 has made. Ids only: no name and no address belongs in
 * a log that is kept for good. An invitation's address stands in D1, under its id.
 */
export type MemberChange =
  | {
      readonly type: "member.joined";
      readonly person_id: string;
      readonly role: PersonRole;
      readonly how: "founded" | "appointed";
    }
  | {
      readonly type: "member.joined";
      readonly person_id: string;
      readonly role: PersonRole;
      readonly how: "invited";
      readonly invitation_id: string;
    }
  | {
      readonly type: "member.role_changed";
      readonly person_id: string;
      readonly role_before: PersonRole;
      readonly role: PersonRole;
    }
  | {
      readonly type: "member.removed" | "member.left";
      readonly person_id: string;
      readonly role_before: PersonRole;
    }
  | {
      readonly type: "member.invited";
      readonly invitation_id: string;
      readonly role: PersonRole;
      /** The earlier invitation of the same address, which is dead now. */
      readonly replaces: string | null;
    }
  | {
      readonly type: "member.invitation_withdrawn";
      readonly invitation_id: string;
      readonly role: PersonRole;
    };

/** `not_founded`: there is no organization yet, so nothing to note it in. */
export type NoteAnswer =
  | { readonly noted: true }
  | { readonly noted: false; readonly why: "not_founded" | "refused" | "throttled" };

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
  api(caller: Caller | PersonCaller, call: ApiCall): Promise<ApiAnswer>;
  /** A person looks at an approval or decides it; see `visit.ts`. */
  visit(visit: ApprovalVisit): Promise<VisitAnswer>;
  /** A message of Stripe or a merchant; see `hook-messages.ts`. */
  hook(call: HookCall): Promise<HookAnswer>;
  /** Creates the organization once; a second call with the same id changes nothing and answers `created: false`. */
  provision(input: ProvisionInput): Promise<ProvisionAnswer>;
  /** Puts a change of members on record, right after D1 has made it; see `member-notes.ts`. The same again writes nothing. */
  noteMember(caller: PersonCaller | OperatorCaller, change: MemberChange): Promise<NoteAnswer>;
  /** Founds the demo's organization in the past; see `play-history.ts`. Refused unless DEMO_HISTORY is on. */
  playHistory(input: HistoryInput): Promise<HistoryAnswer>;
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
  /** No first key is made. */
  readonly keyless?: boolean;
}
export interface ProvisionAnswer {
  readonly created: boolean;
  /** The first `admin` key, shown once; absent when the organization existed, or was asked for without keys. */
  readonly admin_key?: string;
}

export interface HistoryInput {
  readonly organization: ProvisionInput & {
    /** ms */
    readonly created_at: number;
  };
  /** In their order. Strings such as `$3.mandate.id` in `by`, `params` and `body` stand for what step 3 has answered. */
  readonly steps: readonly HistoryStep[];
}
export interface HistoryStep {
  /** ms; not before the step before it, and not in the future. */
  readonly at: number;
  readonly by: Pick<PersonCaller, "person_id" | "role"> | { readonly key: string };
  /** An operation of REST, or `quetra_settle` with the tool's arguments as its body. */
  readonly call: ApiCall;
}
export type HistoryAnswer =
  | { readonly ok: true; readonly admin_key: string | null; readonly answers: readonly ApiAnswer[] }
  | { readonly ok: false; readonly code: string; readonly detail: string };
