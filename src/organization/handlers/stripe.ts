import { ensureHook, hookOf, hookView, setHookSecret } from "../hooks.ts";
import { keyVersion } from "../key-version.ts";
import {
  activeStripeKey,
  countStripeKeys,
  type NewStripeKey,
  removeStripeKey,
  saveStripeKey,
  setSuspendOnDispute,
  suspendOnDispute,
} from "../stripe/keys.ts";
import { iso } from "../views.ts";
import { bodyOf, type Desk, type Handler } from "./desk.ts";

/** Neither the key nor its sealed text: only which secret seals it. */
function view({ work, env }: Desk) {
  const key = activeStripeKey(work);
  return {
    mode: work.organization.mode,
    key:
      key === undefined
        ? null
        : {
            id: key.id,
            kind: key.kind,
            last4: key.last4,
            key_version: keyVersion(key.sealed_key),
            active_since: iso(key.created_at),
          },
    retired_keys: countStripeKeys(work) - (key === undefined ? 0 : 1),
    hook: hookView(work, env, hookOf(work, null)),
    suspend_on_dispute: suspendOnDispute(work),
  };
}

export const stripeHandlers = {
  getStripeIntegration: (desk) => view(desk),
  /** The edge has had the key sealed: see `prepare` of the route. */
  saveStripeKey: (desk, call) => {
    saveStripeKey(desk.work, bodyOf<NewStripeKey>(call));
    ensureHook(desk.work, null);
    return view(desk);
  },
  updateStripeIntegration: (desk, call) => {
    setSuspendOnDispute(desk.work, bodyOf<{ suspend_on_dispute: boolean }>(call).suspend_on_dispute);
    return view(desk);
  },
  removeStripeKey: ({ work }) => ({ id: removeStripeKey(work).id, deleted: true }),
  setStripeHookSecret: (desk, call) => {
    setHookSecret(desk.work, null, bodyOf<{ sealed_secret: string }>(call).sealed_secret);
    return view(desk);
  },
} satisfies Record<string, Handler>;
