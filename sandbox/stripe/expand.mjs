/** Expansion of ids into objects. What cannot be expanded is refused before anything is done. */
import { invalid } from "./errors.mjs";
import { page } from "./listing.mjs";

/** Of each object: member → what stands there once it is expanded. */
const EXPANDABLE = {
  payment_intent: { latest_charge: "charge", payment_method: "payment_method", customer: "customer" },
  charge: { payment_intent: "payment_intent", customer: "customer", refunds: "list" },
  refund: {
    charge: "charge",
    payment_intent: "payment_intent",
    payment_method: "payment_method",
    customer: "customer",
  },
  dispute: { charge: "charge", payment_intent: "payment_intent" },
  payment_method: { customer: "customer" },
};

const find = {
  charge: (account, id) => account.charges.get(id),
  payment_intent: (account, id) => account.intents.get(id)?.intent,
  payment_method: (account, id) => account.methods.get(id),
  customer: (account, id) => account.customers.get(id),
};

/** @param {string} object What the operation answers with. @param {boolean} listed Then every path begins with `data`. */
export function checkExpand(object, listed, paths = []) {
  for (const path of paths) {
    const steps = path.split(".");
    const refuse = () => invalid(undefined, `This property cannot be expanded (${path}).`, "expand");
    if (listed && steps.shift() !== "data") throw refuse();
    if (steps.length === 0 || steps.length > 4) throw refuse();
    let kind = object;
    for (const step of steps) {
      const members = Object.hasOwn(EXPANDABLE, kind) ? EXPANDABLE[kind] : {};
      if (!Object.hasOwn(members, step)) throw refuse();
      kind = members[step];
    }
  }
}

/** A copy of the answer with these paths, which have been checked, filled in. */
export function expand(account, body, paths = []) {
  const copy = structuredClone(body);
  for (const path of paths) {
    const steps = path.split(".");
    if (Array.isArray(copy.data)) for (const each of copy.data) fill(account, each, steps.slice(1));
    else fill(account, copy, steps);
  }
  return copy;
}

function fill(account, object, [step, ...rest]) {
  const kind = EXPANDABLE[object.object][step];
  if (kind === "list") {
    const own = [...account.refunds.values()].filter(({ charge }) => charge === object.id);
    object.refunds = structuredClone(page(own, { limit: 10 }, `/v1/charges/${object.id}/refunds`));
    return;
  }
  // The card behind a token is none of the account that is paid with it, so it stays an id.
  if (typeof object[step] === "string")
    object[step] = structuredClone(find[kind](account, object[step]) ?? object[step]);
  if (rest.length > 0 && typeof object[step] === "object" && object[step] !== null) fill(account, object[step], rest);
}
