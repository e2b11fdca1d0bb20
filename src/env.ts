import type { Organization } from "./organization/organization.ts";

/** Bindings, variables and secrets of the Worker. Variables that start with TEST_ exist in tests only. */
export interface Env {
  readonly ORGANIZATION: DurableObjectNamespace<Organization>;
  readonly DB: D1Database;
  readonly WEBHOOKS: Queue;
  /** Comma-separated hostnames that this service answers for; unset = none. */
  readonly ALLOWED_HOSTS?: string;
  /** Comma-separated `id:secret` pairs; the first one signs new keys, all of them verify. */
  readonly KEY_SIGNING_SECRETS?: string;
  /** Guards `/operator`; unset = those routes do not exist. */
  readonly OPERATOR_TOKEN?: string;
  /** Test only: multiplies every throttle. */
  readonly TEST_THROTTLE_FACTOR?: string;
  /** Test only: share of D1 batches that fail on purpose, 0..1. */
  readonly TEST_D1_FAILURE_RATE?: string;
}
