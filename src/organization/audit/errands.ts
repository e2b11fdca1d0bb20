import { keylessErrorFields, log } from "../../edge/log.ts";
import type { ApiAnswer } from "../api.ts";
import type { Errand, ErrandDesk } from "../errands.ts";
import { candidate, checkpointStatement, keepCheckpoint, newestCheckpoint } from "./checkpoints.ts";
import { type ExportPage, exportStatement, finishExport } from "./export.ts";
import type { SigningKeyRow } from "./keys.ts";
import { type ReceiptPayload, receiptStatement } from "./receipt.ts";
import { type Outcome, organizationId, signingKey, signWith } from "./signer.ts";

const UNAVAILABLE: ApiAnswer = {
  status: 503,
  body: {
    code: "signing_unavailable",
    detail:
      "Quetra could not sign this now. Try again in a minute; if it stays so, SEALING_SECRETS may not be set up, and the " +
      "operator of this deployment finds the reason in the log.",
  },
  headers: { "retry-after": "60" },
};

type Signing<T> = { readonly kind: "signed"; readonly value: T } | { readonly kind: "not_configured" | "failed" };

/** Runs what signs, with the key. "Not set up" is told from "not now". Never throws for what Rails does. */
async function withKey<T>(desk: ErrandDesk, sign: (key: SigningKeyRow) => Promise<Outcome<T>>): Promise<Signing<T>> {
  try {
    const key = await signingKey(desk);
    const outcome = key.ok ? await sign(key.value) : key;
    if (outcome.ok) return { kind: "signed", value: outcome.value };
    log("error", "signing_unavailable", { reason: outcome.error.message });
    return { kind: outcome.error.reason === "not_configured" ? "not_configured" : "failed" };
  } catch (error) {
    log("error", "signing_failed", keylessErrorFields(error));
    return { kind: "failed" };
  }
}

/** `POST /audit/head/sign`: a checkpoint of the log as it stands now. Where the head is signed already nothing is done. */
const signHead: Errand = async (desk) => {
  const before = desk.answer();
  if (before.status !== 200) return before;
  const done = await withKey(desk, async (key) => {
    const head = candidate(desk.sql, desk.now());
    if (head === null) return { ok: true, value: [] };
    const outcome = await signWith(desk, key, [checkpointStatement(organizationId(desk.sql), head)]);
    if (outcome.ok) desk.transact((work) => keepCheckpoint(work, head, key.kid, outcome.value[0]!));
    return outcome;
  });
  return done.kind === "signed" ? desk.answer() : UNAVAILABLE;
};

/** `GET /transactions/{id}/receipt`: the handler composed the payload in its transaction; here it is signed. */
const signReceipt: Errand = async (desk) => {
  const answer = desk.answer();
  if (answer.status !== 200) return answer;
  const payload = answer.body as ReceiptPayload;
  const done = await withKey(desk, async (key) => {
    const outcome = await signWith(desk, key, [receiptStatement(payload)]);
    return outcome.ok ? { ok: true, value: { receipt: outcome.value[0]!, payload, kid: key.kid } } : outcome;
  });
  return done.kind === "signed" ? { ...answer, body: done.value } : UNAVAILABLE;
};

/**
 * `GET /audit/export`: the page is signed as a whole, and where it ends at the head, a checkpoint goes with it. Without
 * `SEALING_SECRETS` it goes out unsigned; a signature that fails otherwise refuses, because an auditor should not have to
 * find that out later.
 */
const signExport: Errand = async (desk) => {
  const answer = desk.answer();
  if (answer.status !== 200) return answer;
  const page = answer.body as ExportPage;
  const done = await withKey(desk, async (key) => {
    const iss = organizationId(desk.sql);
    const now = candidate(desk.sql, desk.now());
    const head = now?.seq === page.seq ? now : null;
    const statements = [exportStatement(iss, page), ...(head === null ? [] : [checkpointStatement(iss, head)])];
    const outcome = await signWith(desk, key, statements);
    if (outcome.ok && head !== null) {
      desk.transact((work) => keepCheckpoint(work, head, key.kid, outcome.value[1]!));
    }
    return outcome;
  });
  if (done.kind === "failed") return UNAVAILABLE;
  const statement = done.kind === "signed" ? done.value[0]! : null;
  const checkpoint = statement === null ? null : (newestCheckpoint(desk.sql, page.seq)?.jws ?? null);
  return { ...answer, body: finishExport(desk.sql, page, statement, checkpoint) };
};

export const auditErrands = {
  signChainHead: signHead,
  getReceipt: signReceipt,
  exportAudit: signExport,
} as const satisfies Readonly<Record<string, Errand>>;
