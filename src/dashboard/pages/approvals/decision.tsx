import type { VisitAnswer } from "../../../approvals/visit.ts";
import { type Closed, ClosedParts } from "../../../edge/approve/closed.tsx";
import { readNote } from "../../../edge/approve/form.ts";
import { approvalTerms } from "../../../schema/resources.ts";
import { organizationPage, redirect } from "../../answer.tsx";
import { notFoundPage, troublePage } from "../../errors.tsx";
import type { OrganizationVisit } from "../../route.ts";
import { Card, LinkButton, Notice } from "../../ui/parts.tsx";
import { timeWords } from "../../ui/words.ts";
import { newestSeq } from "../overview/pulse.ts";
import { DecisionRecord, deciderName } from "./record.tsx";
import { Sheet } from "./sheet.tsx";

/** One purchase that waits, or what became of it. To look writes nothing. */
export async function approvalPage(visit: OrganizationVisit): Promise<Response> {
  const seq = await newestSeq(visit);
  return answered(visit, await visit.api.visit(idOf(visit), null), { note: "", seq });
}

/** A decision counts for what was shown: the digest of it comes with the form, and the organization compares it. */
export async function decide(visit: OrganizationVisit): Promise<Response> {
  const { form } = visit;
  const [verdict, terms] = [form.text("decision"), form.text("terms")];
  if ((verdict !== "approve" && verdict !== "deny") || !approvalTerms.safeParse(terms).success) {
    return troublePage(visit, 400, null);
  }
  const note = readNote(form.raw("note"));
  const typed = { note: form.text("note"), decided: true };
  if (!note.ok)
    return answered(visit, await visit.api.visit(idOf(visit), null), { ...typed, noteError: note.error.message });
  const answer = await visit.api.visit(idOf(visit), { verdict, note: note.value, terms });
  if (answer.state === "closed" && answer.now) {
    return redirect(`${visit.base}/approvals/${idOf(visit)}`, {
      done: answer.status === "approved" ? "approved" : "denied",
    });
  }
  return answered(visit, answer, typed);
}

const idOf = ({ params }: OrganizationVisit): string => params.approval_id ?? "";

interface Shown {
  /** What was typed. */
  readonly note: string;
  readonly noteError?: string;
  /** A decision came with this request, and was not taken. */
  readonly decided?: boolean;
  readonly seq?: number;
}

function answered(visit: OrganizationVisit, answer: VisitAnswer, shown: Shown): Response | Promise<Response> {
  switch (answer.state) {
    case "refused":
      return notFoundPage(visit);
    case "throttled":
      return troublePage(visit, 429, `Too many requests. Try again in ${answer.retry_after_seconds} seconds.`);
    case "open": {
      const status = shown.noteError !== undefined ? 400 : answer.stopped === null ? 200 : 409;
      return organizationPage(
        visit,
        { title: "Decide a purchase", section: "approvals", status, live: shown.seq ?? true },
        <Sheet visit={visit} answer={answer} note={shown.note} noteError={shown.noteError} />,
      );
    }
    case "closed":
      return closedPage(visit, answer, shown.decided === true);
  }
}

async function closedPage(visit: OrganizationVisit, answer: Closed, decided: boolean): Promise<Response> {
  const { base, organization } = visit;
  const path = { params: { approval_id: idOf(visit) } };
  const [approval, waiting] = await Promise.all([
    visit.api.get("getApproval", path),
    visit.api.get("listApprovals", { query: { status: "pending", limit: 1 } }),
  ]);
  const next = waiting.data[0];
  const name = await deciderName(visit, approval.decided_by);
  return organizationPage(
    visit,
    { title: "Decided purchase", section: "approvals", status: decided ? 409 : 200 },
    <div class="sheet-page">
      <p>
        <a class="back" href={`${base}/approvals`}>
          Approvals
        </a>
      </p>
      {decided ? (
        <Notice tone="warn">
          <strong>Your decision was not needed any more.</strong> It came after this purchase was closed, and changed
          nothing.
        </Notice>
      ) : null}
      <Card flush>
        <div class="sheet">
          <ClosedParts answer={answer} timeWords={(ms) => timeWords(ms, organization.timezone)} />
          <DecisionRecord name={name} note={approval.note} />
        </div>
      </Card>
      <p class="row">
        {next === undefined ? null : (
          <LinkButton kind="main" href={`${base}/approvals/${next.id}`}>
            To the next one that waits
          </LinkButton>
        )}
        <LinkButton href={`${base}/transactions/${approval.transaction_id}`}>Open the transaction</LinkButton>
      </p>
    </div>,
  );
}
