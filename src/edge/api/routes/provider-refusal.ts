import type { Refusal } from "../../errors.ts";

/** Why Rails did not seal a credential: what the client must change, or that the other side could not be asked. */
export function providerRefusal(
  pointer: string,
  { code, message }: { readonly code: string; readonly message: string },
): Refusal {
  if (code === "no_answer" || code === "timeout") return { kind: "provider_unavailable" };
  return { kind: "invalid_request", errors: [{ in: "body", pointer, message }] };
}
