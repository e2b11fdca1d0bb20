/** The operations: who may call each, with which parameters, and what it does. */
import { captureIntent } from "./attempt.mjs";
import { balance } from "./balance.mjs";
import { noSuch } from "./errors.mjs";
import { rowOf } from "./intent-state.mjs";
import { cancelIntent, confirmIntent, createIntent } from "./intents.mjs";
import { page, search } from "./listing.mjs";
import * as take from "./parameters.mjs";
import { createRefund } from "./refunds.mjs";
import * as tokens from "./tokens.mjs";

const read = (map, kind) => (scope) => {
  const found = scope.account[map].get(scope.id);
  if (found === undefined) throw noSuch(kind, scope.id, "id");
  return found;
};

const listOf =
  (map, fits = () => true, view = (row) => row) =>
  ({ account, params, path }) =>
    page([...account[map].values()].map(view), params, path, (each) => fits(each, params));

const equal =
  (...names) =>
  (each, params) =>
    names.every((name) => params[name] === undefined || params[name] === each[name]);

const intentRow = ({ intent }) => intent;
const ofType = (event, { type, types }) => {
  const wanted = types ?? (type === undefined ? null : [type]);
  const fits = (name) => (name.endsWith("*") ? event.type.startsWith(name.slice(0, -1)) : event.type === name);
  return wanted === null || wanted.some(fits);
};

const customerMethods = (scope) => {
  read("customers", "customer")(scope);
  return listOf("methods", equal("customer", "type"))({ ...scope, params: { ...scope.params, customer: scope.id } });
};

const route = (line, right, params, run, more = {}) => {
  const [method, path] = line.split(" ");
  const steps = path.split("/");
  const names = steps.filter((step) => step.endsWith("s") && step !== "test_helpers");
  return {
    method,
    path: steps,
    right: right.split(":"),
    params: () => params,
    run,
    /** The object, or those in the list, that it answers with. */
    shows: names.at(-1)?.slice(0, -1),
    listed: method === "GET" && (steps.at(-1).endsWith("s") || steps.at(-1) === "search"),
    ...more,
  };
};
/** Where the preview takes more, the shape depends on the version. */
const byVersion = (shape) => ({ params: shape });

/** `right`: resource and level that a restricted key needs. `preview`: answered to a preview version only. */
export const ROUTES = [
  route(
    "GET /v1/payment_methods",
    "payment_methods:read",
    take.listMethods,
    listOf("methods", equal("customer", "type")),
  ),
  route("GET /v1/payment_methods/:id", "payment_methods:read", take.onlyExpand, read("methods", "PaymentMethod")),
  route("GET /v1/customers/:id", "customers:read", take.onlyExpand, read("customers", "customer")),
  route("GET /v1/customers/:id/payment_methods", "payment_methods:read", take.listMethods, customerMethods),

  route("POST /v1/payment_intents", "payment_intents:write", null, createIntent, byVersion(take.createIntent)),
  route(
    "GET /v1/payment_intents",
    "payment_intents:read",
    take.listIntents,
    listOf("intents", equal("customer"), intentRow),
  ),
  route("GET /v1/payment_intents/search", "payment_intents:read", take.searchIntents, search),
  route("GET /v1/payment_intents/:id", "payment_intents:read", take.onlyExpand, (scope) => rowOf(scope).intent),
  route(
    "POST /v1/payment_intents/:id/confirm",
    "payment_intents:write",
    null,
    confirmIntent,
    byVersion(take.confirmIntent),
  ),
  route("POST /v1/payment_intents/:id/cancel", "payment_intents:write", take.cancelIntent, cancelIntent),
  route("POST /v1/payment_intents/:id/capture", "payment_intents:write", take.captureIntent, captureIntent),

  route("GET /v1/charges", "charges:read", take.listCharges, listOf("charges", equal("customer", "payment_intent"))),
  route("GET /v1/charges/:id", "charges:read", take.onlyExpand, read("charges", "charge")),
  route("POST /v1/refunds", "refunds:write", take.createRefund, createRefund),
  route("GET /v1/refunds", "refunds:read", take.listRefunds, listOf("refunds", equal("charge", "payment_intent"))),
  route("GET /v1/refunds/:id", "refunds:read", take.onlyExpand, read("refunds", "refund")),
  route("GET /v1/disputes/:id", "disputes:read", take.onlyExpand, read("disputes", "dispute")),
  route("GET /v1/events", "events:read", take.listEvents, listOf("events", ofType)),
  route("GET /v1/events/:id", "events:read", take.onlyExpand, read("events", "event")),
  route("GET /v1/balance", "balance:read", take.onlyExpand, balance),

  ...[
    route(
      "POST /v1/shared_payment/issued_tokens",
      "shared_payment:write",
      take.createIssuedToken,
      tokens.createIssuedToken,
    ),
    route("GET /v1/shared_payment/issued_tokens/:id", "shared_payment:read", take.onlyExpand, tokens.readIssuedToken),
    route(
      "POST /v1/shared_payment/issued_tokens/:id/revoke",
      "shared_payment:write",
      take.onlyExpand,
      tokens.revokeIssuedToken,
    ),
    route("GET /v1/shared_payment/granted_tokens/:id", "shared_payment:read", take.onlyExpand, tokens.readGrantedToken),
    route(
      "POST /v1/test_helpers/shared_payment/granted_tokens",
      "shared_payment:write",
      take.createGrantedToken,
      tokens.createGrantedToken,
    ),
    route(
      "POST /v1/test_helpers/shared_payment/granted_tokens/:id/revoke",
      "shared_payment:write",
      take.onlyExpand,
      tokens.revokeGrantedToken,
    ),
  ].map((each) => ({ ...each, preview: true })),
];

/** The first route that fits, with the id in its path. */
export function findRoute(method, path) {
  const parts = path.split("/");
  for (const each of ROUTES) {
    if (each.method !== method || each.path.length !== parts.length) continue;
    if (!each.path.every((step, at) => step === ":id" || step === parts[at])) continue;
    const at = each.path.indexOf(":id");
    return { route: each, id: at === -1 ? undefined : parts[at] };
  }
  return undefined;
}
