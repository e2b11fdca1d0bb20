import type { Env } from "../env.ts";
import type { Region } from "../keys/format.ts";
import type { OrganizationStub } from "../organization/api.ts";
import { err, ok, type Result } from "../result.ts";
import type { Refusal } from "./errors.ts";
import { errorFields, log } from "./log.ts";

/** The object of an organization. A jurisdiction is part of its identity, so the key carries the region. */
export function organizationStub(env: Env, organizationId: string, region: Region): OrganizationStub {
  const namespace = region === 1 ? env.ORGANIZATION.jurisdiction("eu") : env.ORGANIZATION;
  return namespace.get(namespace.idFromName(organizationId)) as unknown as OrganizationStub;
}

/** The marks that the platform puts on an exception of a Durable Object call. */
interface PlatformMarks {
  readonly retryable?: boolean;
  readonly overloaded?: boolean;
  readonly durableObjectReset?: boolean;
}

export interface CallOptions {
  /** Reads are repeated once, with a fresh stub; what writes is left to the caller's idempotency key. */
  readonly read: boolean;
  readonly requestId: string;
}

/**
 * Calls the object and fails closed: an exception becomes 503 where the platform says that the object was not available,
 * 500 where the object itself threw. An overloaded object is never called again. A stub is broken after an exception,
 * hence the function that makes one.
 */
export async function callObject<T>(
  getStub: () => OrganizationStub,
  call: (stub: OrganizationStub) => Promise<T>,
  { read, requestId }: CallOptions,
): Promise<Result<T, Refusal>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return ok(await call(getStub()));
    } catch (error) {
      const { retryable, overloaded, durableObjectReset } = (error ?? {}) as PlatformMarks;
      if (read && attempt === 1 && retryable === true && overloaded !== true) continue;
      log("error", "object_call_failed", {
        request_id: requestId,
        attempt,
        retryable,
        overloaded,
        reset: durableObjectReset,
        ...errorFields(error),
      });
      if (overloaded === true) return err({ kind: "unavailable", retryAfterSeconds: 5 });
      if (retryable === true || durableObjectReset === true) return err({ kind: "unavailable", retryAfterSeconds: 1 });
      return err({ kind: "internal" });
    }
  }
}
