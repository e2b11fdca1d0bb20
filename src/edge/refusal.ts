/** Everything that the edge refuses by itself. */
export type Refusal =
  | { readonly kind: "host_not_allowed" }
  | { readonly kind: "origin_not_allowed" }
  | { readonly kind: "url_too_long"; readonly maxBytes: number }
  | { readonly kind: "body_too_large"; readonly maxBytes: number }
  | { readonly kind: "invalid_utf8" }
  | { readonly kind: "malformed_json" }
  | { readonly kind: "key_in_field" }
  | { readonly kind: "unsupported_media_type" }
  | { readonly kind: "method_not_allowed"; readonly allow: string }
  | { readonly kind: "not_found" }
  | { readonly kind: "key_missing" }
  | { readonly kind: "key_conflict" }
  | { readonly kind: "key_unknown" }
  | { readonly kind: "operator_token_wrong" }
  | { readonly kind: "throttled"; readonly retryAfterSeconds: number }
  | { readonly kind: "invalid_request"; readonly errors: readonly FieldError[] }
  | { readonly kind: "idempotency_key_required" }
  | { readonly kind: "if_match_required" }
  /** The object could not be reached, or gave up; the call may or may not have happened. */
  | { readonly kind: "unavailable"; readonly retryAfterSeconds: number }
  /** The operator has not finished the set-up; `reason` is for the log and the operator, never for a client. */
  | { readonly kind: "not_configured"; readonly reason: string }
  /** A secret of the body could not be sealed. */
  | { readonly kind: "sealing_unavailable" }
  /** Stripe or a merchant could not be asked, so a credential was not stored. */
  | { readonly kind: "provider_unavailable" }
  /** A message at a hook that is none of ours, or not signed by the provider. */
  | { readonly kind: "hook_refused" }
  | { readonly kind: "internal" };

export interface FieldError {
  readonly in: "body" | "query" | "path" | "header";
  /** JSON pointer into the body; `/name` of a query parameter or header. */
  readonly pointer: string;
  readonly message: string;
}
