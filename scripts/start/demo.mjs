/** The demo organization: a small company with three agents, and a month behind it. */
import { beginningOf, demoHistory } from "./history.mjs";
import { call } from "./service.mjs";

/** Does the organization of an earlier run still exist? */
export async function isAlive(origin, demo) {
  try {
    await call(origin, demo.keys.admin, "GET", "/api/v1/organization");
    return true;
  } catch (error) {
    if (error.status === 401 || error.status === 404) return false;
    throw error;
  }
}

/**
 * Notes the organization, so that people can be made members of it before its history names them.
 *
 * @param {number} now ms: its month ends here.
 */
export async function noteDemo(origin, operatorToken, now) {
  const { id } = await call(origin, operatorToken, "POST", "/operator/history", {
    name: "Demo company",
    created_at: new Date(beginningOf(now)).toISOString(),
  });
  return id;
}

/**
 * Founds it: agents with active mandates, one key of each role, and a month of purchases, all through the ledger.
 *
 * @param {{ owner: string, approver: string }} people Ids of its members, by role.
 */
export async function foundDemo({ origin, operatorToken, organization, people, now }) {
  const { steps, places } = demoHistory({ now, people });
  const path = `/operator/history/${organization}`;
  const { admin_key: admin, answers } = await call(origin, operatorToken, "POST", path, { steps });
  // A step that is refused leaves a shorter history, which is no reason to have none; these must be there.
  const answerTo = (place) => {
    const { status, body } = answers[places.get(place)];
    if (status >= 400) throw new Error(`The demo organization could not be founded: ${body.detail}`);
    return body;
  };
  const agents = Object.fromEntries(
    ["research", "content", "infrastructure"].map((name) => [name, answerTo(`agent-${name}`).id]),
  );
  const keys = Object.fromEntries(["spend", "read", "approve"].map((role) => [role, answerTo(`key-${role}`).key]));
  return { organization, agents, keys: { admin, ...keys } };
}
