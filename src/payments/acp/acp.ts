import { BODIES, type Body, paysByHandler } from "./bodies.ts";
import { discover } from "./discovery.ts";
import { ask } from "./http.ts";
import type { Call, CheckoutProtocol, Heard } from "./protocol.ts";
import { readSession } from "./session.ts";

/** The Agentic Commerce Protocol by REST, in the version that was agreed on. */
export const acp: CheckoutProtocol = {
  discover,
  create: (call, basket) => hear(call, "POST", SESSIONS, BODIES[call.place.version].create(basket), null),
  update: (call, session, change) =>
    hear(call, "POST", pathOf(session), BODIES[call.place.version].update(change), session),
  read: (call, session) => hear(call, "GET", pathOf(session), null, session),
  complete: (call, session, payment) => {
    const { version } = call.place;
    if (paysByHandler(version) && payment.handler_id === null) {
      return Promise.resolve({ kind: "unclear", why: "not_sent_no_handler" });
    }
    return hear(call, "POST", `${pathOf(session)}/complete`, BODIES[version].complete(payment), session);
  },
  cancel: (call, session) =>
    hear(call, "POST", `${pathOf(session)}/cancel`, BODIES[call.place.version].cancel, session),
};

const SESSIONS = "/checkout_sessions";

/** A session id begins with a letter or a digit (`idOf`), so that it is never a step upwards. */
const pathOf = (session: string): string => `${SESSIONS}/${encodeURIComponent(session)}`;

async function hear(
  call: Call,
  method: "GET" | "POST",
  path: string,
  body: Body | null,
  asked: string | null,
): Promise<Heard> {
  const answered = await ask(call, method, path, body);
  if (answered.kind !== "object") return answered;
  const read = readSession(answered.value, call.place, asked);
  return read.ok ? { kind: "session", view: read.value } : { kind: "unclear", why: read.error };
}
