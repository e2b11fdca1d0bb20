import { type DashboardRoute, EVERYONE, MANAGERS } from "../../route.ts";
import { createKey, keyForm } from "./create.tsx";
import { revokeKey, rotateKey, showKey } from "./detail.tsx";
import { keyList } from "./list.tsx";

const ONE = "/:org/keys/:key_id";

export const keyRoutes: readonly DashboardRoute[] = [
  { id: "keys", method: "GET", path: "/:org/keys", access: EVERYONE, handle: keyList },
  { id: "keys.new", method: "GET", path: "/:org/keys/new", access: MANAGERS, handle: keyForm },
  { id: "keys.create", method: "POST", path: "/:org/keys/new", access: MANAGERS, handle: createKey },
  { id: "keys.show", method: "GET", path: ONE, access: MANAGERS, handle: showKey },
  { id: "keys.rotate", method: "POST", path: `${ONE}/rotate`, access: MANAGERS, handle: rotateKey },
  { id: "keys.revoke", method: "POST", path: `${ONE}/revoke`, access: MANAGERS, handle: revokeKey },
];

/** What the next page says: see `done.ts`. */
export const KEY_DONE: Readonly<Record<string, string>> = {
  key_revoked: "The key is revoked. It authorizes nothing any more.",
};
