/** What a session turns into instead of being paid. */
import { portion } from "./money.mjs";
import { priced } from "./pricing.mjs";
import { problem } from "./standing.mjs";

/** A tenth, unless the mode says by how much. */
function drift(world, session, { by }) {
  const { total } = priced(session, world);
  session.surcharge += by ?? portion(total, 1000, session.currency);
}

const blocked = (session, message) => Object.assign(session, { blocked: true, said: [message] });
const stage = (session, name, message) => Object.assign(session, { stage: name, said: [message] });

const TURNS = {
  declined: (_world, session) => Object.assign(session, { said: [problem("payment_declined", "Declined.")] }),
  out_of_stock: (_world, session) =>
    blocked(session, problem("out_of_stock", "The last one has just gone.", "$.line_items[0]")),
  intervention_required: (_world, session) =>
    blocked(session, problem("intervention_required", "We sell to people with 3-D Secure only.")),
  "3ds": (_world, session) =>
    stage(session, "authentication_required", problem("requires_3ds", "The issuer wants to see the cardholder.")),
  escalate: (_world, session) =>
    stage(session, "requires_escalation", problem("requires_sign_in", "Please go on at our shop.")),
  pending_approval: (_world, session) =>
    stage(session, "pending_approval", problem("approval_required", "We look at this order first.")),
  canceled: (_world, session) => stage(session, "canceled", { type: "info", content: "We canceled this session." }),
  expired: (_world, session) => stage(session, "expired", problem("expired", "This session has expired.")),
  async: (_world, session, { status = "complete_in_progress" }) =>
    stage(session, status, { type: "info", content: "We work on your order." }),
  drift,
};

/** @param {{ mode: string }} taken Of `takeTurn`. */
export function turn(world, session, taken) {
  TURNS[taken.mode](world, session, taken);
  session.updated = world.now();
}
