import { LIMITS } from "../../limits.ts";
import { err, ok, type Result } from "../../result.ts";
import { approvalTerms, note as noteShape } from "../../schema/resources.ts";
import { readBody } from "../body-cap.ts";
import { holdsKey } from "../json-body.ts";

/** What the forms of the approval pages send. */
export interface ApprovalForm {
  readonly verdict: "approve" | "deny" | null;
  readonly note: string | null;
  readonly terms: string | null;
  /** An approver's key, unchecked. */
  readonly key: string | null;
}

/** Status, and a sentence for the person in front of the browser. */
export interface FormFault {
  readonly status: 400 | 413 | 415;
  readonly message: string;
}

const FIELDS: ReadonlySet<string> = new Set(["decision", "note", "terms", "key"]);

/**
 * Reads a form of ours, capped while it streams. Whatever our page cannot have sent is refused as a whole: another media
 * type, a field that is there twice or that we do not know, a decision that is neither of the two.
 */
export async function readForm(request: Request): Promise<Result<ApprovalForm, FormFault>> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    return fault(415, "This page takes the form that it shows, and nothing else.");
  }
  const body = await readBody(request, LIMITS.approvalFormBytes);
  if (!body.ok) {
    return body.error.kind === "body_too_large"
      ? fault(413, `The form is too large: it holds at most ${LIMITS.approvalFormBytes} bytes.`)
      : fault(400, BROKEN);
  }
  const given = new URLSearchParams(body.value);
  const names = [...given.keys()];
  if (names.some((name) => !FIELDS.has(name)) || new Set(names).size !== names.length) return fault(400, BROKEN);

  const decision = given.get("decision");
  if (decision !== null && decision !== "approve" && decision !== "deny") return fault(400, BROKEN);
  const terms = given.get("terms");
  if (terms !== null && !approvalTerms.safeParse(terms).success) return fault(400, BROKEN);
  const note = readNote(given.get("note"));
  return note.ok ? ok({ verdict: decision, note: note.value, terms, key: given.get("key")?.trim() || null }) : note;
}

const BROKEN = "The form did not arrive as this page sent it. Open the page again.";

/** The token of a link, wherever it was copied from: a note is kept for good. */
const LONG_SECRET = /[0-9A-Za-z]{90,}/;

/** Browsers send line breaks as two characters; the length that a person sees counts one. */
export function readNote(text: string | null): Result<string | null, FormFault> {
  const written = (text ?? "").replaceAll("\r\n", "\n").trim();
  if (written === "") return ok(null);
  if (holdsKey(written) || LONG_SECRET.test(written)) {
    return fault(400, "The note holds a key or a link. Nothing was decided; leave it out of the note.");
  }
  const parsed = noteShape.safeParse(written);
  if (parsed.success) return ok(parsed.data);
  return fault(400, `A note has at most ${LIMITS.reasonChars} characters and no invisible ones. Nothing was decided.`);
}

const fault = (status: FormFault["status"], message: string) => err<FormFault>({ status, message });
