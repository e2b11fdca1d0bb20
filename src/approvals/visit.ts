import type { Caller, PersonCaller } from "../organization/api.ts";

/**
 * A person at the page of an approval: the contract between the pages, which render, and the organization, which decides.
 * Plain data. Amounts come as words, because a page does not calculate.
 */
export interface ApprovalVisit {
  readonly visitor: Visitor;
  readonly approval_id: string;
  /** Null: the person only looks, and nothing is written. */
  readonly decision: VisitDecision | null;
}

export type Visitor =
  /** Holds a one-time link that was sent to this webhook endpoint. Rails has opened the token. */
  | {
      readonly by: "link";
      readonly endpoint_id: string;
      readonly request_id: string;
      readonly country: string | null;
    }
  /** Holds a key; whether it is an approver's is for the organization to say. */
  | { readonly by: "key"; readonly caller: Caller }
  /** Is signed in to the dashboard as a member who may decide. */
  | { readonly by: "person"; readonly caller: PersonCaller };

export interface VisitDecision {
  readonly verdict: "approve" | "deny";
  readonly note: string | null;
  /** Digest of what the page showed: `termsDigest`. */
  readonly terms: string;
}

export type VisitAnswer =
  /** Unknown, foreign, of another role, revoked, switched off: never told apart. */
  | { readonly state: "refused" }
  | { readonly state: "throttled"; readonly retry_after_seconds: number }
  | {
      readonly state: "open";
      readonly sheet: ApprovalSheet;
      /** Why an approval would be refused as things stand now, in words; empty where it would count. */
      readonly refusals: readonly string[];
      /** A decision came with this visit, and was not taken. */
      readonly stopped: { readonly code: string; readonly message: string } | null;
    }
  | {
      readonly state: "closed";
      readonly status: "approved" | "denied" | "expired" | "cancelled";
      /** Who decided: never which key or endpoint. */
      readonly by: "link" | "key" | "person" | "nobody";
      /** ms */
      readonly at: number;
      /** This very visit decided. */
      readonly now: boolean;
      readonly purchase: ClosedPurchase;
    };

/** What stays on the page of a purchase that is decided. */
export interface ClosedPurchase {
  readonly amount: string;
  readonly currency: string;
  readonly vendor: string;
  readonly agent_name: string;
}

/** Everything that a person needs to decide. What the agent wrote is marked as such on the page. */
export interface ApprovalSheet extends ClosedPurchase {
  readonly organization: string;
  readonly mode: "test" | "live";
  readonly vendor_kind: "host" | "name";
  readonly protocol: string;
  readonly category: string | null;
  readonly reason: string | null;
  readonly payment: Readonly<Record<string, string>> | null;
  /** Of a checkout that has been priced: what is bought of whom; null for any other purchase. */
  readonly checkout: SheetCheckout | null;
  /** The approval rules that ask, one sentence each. */
  readonly asks: readonly string[];
  /** The mandate that would answer for the purchase; null when none is in force. */
  readonly mandate: {
    readonly name: string;
    readonly version: number;
    readonly status: string;
    readonly summary: readonly string[];
  } | null;
  readonly budgets: readonly SheetBudget[];
  /** ms */
  readonly requested_at: number;
  readonly expires_at: number;
  readonly terms: string;
}

export interface SheetCheckout {
  /** The merchant's name, as an administrator wrote it; null when it is no longer configured. */
  readonly merchant: string | null;
  /** The first of them. The ids are the agent's words: whether the merchant means the same by them nobody has checked. */
  readonly items: readonly { readonly id: string; readonly quantity: number }[];
  /** How many items are not among these. */
  readonly more: number;
}

/** Amounts in the purchase's currency, without naming it. */
export interface SheetBudget {
  /** "daily", "organization, monthly". */
  readonly label: string;
  readonly limit: string;
  /** After this purchase; negative where it does not fit. */
  readonly left_after: string;
}
