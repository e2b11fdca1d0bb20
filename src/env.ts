import type { Organization } from "./organization/organization.ts";
import type { RailsApi } from "./payments/rails-api.ts";

/** Bindings, variables and secrets of the Worker. Variables that start with TEST_ exist in tests only. */
export interface Env {
  readonly ORGANIZATION: DurableObjectNamespace<Organization>;
  readonly DB: D1Database;
  readonly WEBHOOKS: Queue;
  /** This Worker's own entrypoint for the network and for signing; can be a Worker of its own. */
  readonly RAILS: RailsApi;
  /** Comma-separated hostnames that this service answers for; unset = none. */
  readonly ALLOWED_HOSTS?: string;
  /** Scheme and host of the links that leave the service (`https://quetra.example.com`); unset = https and the first of ALLOWED_HOSTS. */
  readonly PUBLIC_URL?: string;
  /**
   * Scheme and host at which people reach the dashboard, where it has a host of its own: that host then serves nothing
   * else, and the others no dashboard. Unset = beside everything else. The host must stand in ALLOWED_HOSTS.
   */
  readonly DASHBOARD_URL?: string;
  /** What sessions and tokens of people are signed with; unset = there is no dashboard. At least 32 characters. */
  readonly AUTH_SECRET?: string;
  /** `open`: whoever verifies an address may found an organization. Anything else: by invitation only. */
  readonly SIGN_UP?: string;
  /** An HTTP mail service: POST of JSON `{from, to, subject, text, html}` (the shape of Resend). Unset = no mail is sent. */
  readonly MAIL_URL?: string;
  /** Bearer token for it. */
  readonly MAIL_TOKEN?: string;
  /** `Quetra <quetra@example.com>` */
  readonly MAIL_FROM?: string;
  /** Sign-in through these, where both halves are set. */
  readonly GITHUB_CLIENT_ID?: string;
  readonly GITHUB_CLIENT_SECRET?: string;
  readonly GOOGLE_CLIENT_ID?: string;
  readonly GOOGLE_CLIENT_SECRET?: string;
  /** `on` lets the operator write the demo's history into a fresh test organization; set by `npm start` only. */
  readonly DEMO_HISTORY?: string;
  /** Comma-separated `id:secret` pairs; the first one signs new keys, all of them verify. */
  readonly KEY_SIGNING_SECRETS?: string;
  /** Comma-separated `id:secret` pairs that wallet keys are sealed with; the first one seals, all of them open. */
  readonly SEALING_SECRETS?: string;
  /** Comma-separated JSON-RPC URLs, in the order in which they are asked. */
  readonly X402_RPC_BASE?: string;
  readonly X402_RPC_BASE_SEPOLIA?: string;
  /** Comma-separated loopback ports of the sandbox that may be called; set by `npm start` and tests only. */
  readonly SANDBOX_PORTS?: string;
  /**
   * Where Stripe is asked for test organizations instead of api.stripe.com: an origin of loopback with a port of
   * SANDBOX_PORTS, or nothing is asked at all. Set by `npm start` and tests only.
   */
  readonly STRIPE_API_URL?: string;
  /** Guards `/operator`; unset = those routes do not exist. */
  readonly OPERATOR_TOKEN?: string;
  /** Test only: multiplies every throttle. */
  readonly TEST_THROTTLE_FACTOR?: string;
  /** Test only: share of D1 batches that fail on purpose, 0..1. */
  readonly TEST_D1_FAILURE_RATE?: string;
  /** Test only: URL that is called at every fault point, `?point=` its name; the harness kills the process there. */
  readonly TEST_FAULT_URL?: string;
}
