/** What the service says afterwards (over REST), and what lies in its two databases on disk. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Everything that the organization's own API shows. */
export async function readLedger(client, keys) {
  const get = async (path) => {
    const { status, body } = await client.read(keys.admin, path);
    if (status !== 200) throw new Error(`${path}: HTTP ${status} ${JSON.stringify(body)}`);
    return body;
  };
  const transactions = [];
  let cursor = null;
  do {
    const page = await get(`/transactions?limit=100${cursor === null ? "" : `&cursor=${cursor}`}`);
    transactions.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);

  const chains = [];
  let after = 0;
  let ledger = { valid: true, problems: [] };
  do {
    const page = await get(`/audit/verify?after_seq=${after}`);
    chains.push(page.chain);
    ledger = page.ledger;
    after = page.next_after_seq;
  } while (after !== null);

  const mandates = (await get("/mandates?limit=100&status=active")).data;
  return {
    transactions,
    chains,
    ledger,
    mandates,
    organization: await get("/organization"),
    head: await get("/audit/head"),
  };
}

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".sqlite") && !name.endsWith("metadata.sqlite"))
    .map((name) => join(folder, name));

/** The organization's object on disk. */
export const openObject = (state, organizationId) =>
  open(join(state, "v3/do"), (it) => it.prepare("SELECT id FROM organization").get()?.id === organizationId);

function open(folder, isIt) {
  for (const file of filesIn(folder)) {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      if (isIt(database)) return database;
    } catch {
      // Another kind of database.
    }
    database.close();
  }
  return null;
}

/** The newest event that has arrived in D1. The service may be running. */
export function arrivedSeq(state, organizationId) {
  const d1 = open(join(state, "v3/d1"), (it) => it.prepare("SELECT 1 FROM organizations LIMIT 1").get() !== undefined);
  if (d1 === null) return 0;
  const row = d1.prepare("SELECT as_of_seq FROM organizations WHERE id = ?").get(organizationId);
  d1.close();
  return row?.as_of_seq ?? 0;
}

/** The object's log as it is now. The service may be running. */
export function eventsOf(state, organizationId) {
  const object = openObject(state, organizationId);
  if (object === null) return [];
  const events = object.prepare("SELECT seq, id, type FROM events ORDER BY seq").all();
  object.close();
  return events;
}

/** Ids of the webhook messages that an attempt was begun for, and not ended. The service may be running. */
export function messagesOnTheirWay(state, organizationId) {
  const object = openObject(state, organizationId);
  if (object === null) return [];
  const query = "SELECT DISTINCT message_id FROM webhook_deliveries WHERE status IN ('queued', 'sending')";
  const ids = object.prepare(query).all();
  object.close();
  return ids.map(({ message_id }) => message_id);
}

/** Both databases after the service was stopped. */
export function readDisk(state, organizationId) {
  const d1 = open(join(state, "v3/d1"), (it) => it.prepare("SELECT 1 FROM organizations LIMIT 1").get() !== undefined);
  const object = openObject(state, organizationId);
  if (d1 === null || object === null) throw new Error("a database of the run is missing on disk");
  const ofD1 = (query) => d1.prepare(query).all(organizationId);
  const disk = {
    integrity: [d1, object].map((it) => it.prepare("PRAGMA integrity_check").get().integrity_check),
    events: object.prepare("SELECT seq, id, type, digest, hash FROM events ORDER BY seq").all(),
    transactions: object.prepare("SELECT id, status, vendor, amount, held, settled, refunded FROM transactions").all(),
    d1: {
      events: ofD1("SELECT seq, id, type, digest, hash FROM events WHERE organization_id = ? ORDER BY seq"),
      transactions: ofD1(
        "SELECT id, status, vendor, amount, held, settled, refunded FROM transactions WHERE organization_id = ?",
      ),
    },
  };
  d1.close();
  object.close();
  return disk;
}
