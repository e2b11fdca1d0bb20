import type { Desk } from "./desk.ts";
import { GOOD_INVITATION } from "./invitation-sql.ts";

/** Everybody where `SIGN_UP` is `open`; elsewhere whoever is invited. */
export async function maySignUp({ db, env }: Desk, email: string): Promise<boolean> {
  if (env.SIGN_UP === "open") return true;
  const row = await db
    .prepare(`SELECT 1 FROM people_invitations i WHERE i.email = ?2 AND ${GOOD_INVITATION} LIMIT 1`)
    .bind(new Date().toISOString(), email.toLowerCase())
    .first();
  return row !== null;
}
