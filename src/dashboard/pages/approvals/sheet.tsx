import { Alerts, Asks, Budgets, Facts, Headline, Mandate, type Open } from "../../../edge/approve/sheet.tsx";
import { grouped } from "../../../edge/approve/words.ts";
import { LIMITS } from "../../../limits.ts";
import { mayDecide, type OrganizationVisit } from "../../route.ts";
import { Form, NO_ERRORS, TextArea } from "../../ui/form.tsx";
import { TimeLeft } from "../../ui/time-left.tsx";
import { timeWords } from "../../ui/words.ts";

/**
 * Everything that a person needs to decide. It stays as it was opened, because what somebody reads must not change under
 * the finger that approves it: only the time that is left is followed, and the page is opened anew once it is decided.
 */
export function Sheet({
  visit,
  answer,
  note,
  noteError,
}: {
  readonly visit: OrganizationVisit;
  readonly answer: Open;
  readonly note: string;
  readonly noteError: string | undefined;
}) {
  const { base, now, organization } = visit;
  const { sheet, refusals, stopped } = answer;
  return (
    <div class="sheet-page">
      <p>
        <a class="back" href={`${base}/approvals`}>
          Approvals
        </a>
      </p>
      <div id="state" data-live>
        <p class="row">
          <span class="badge warn">Waiting</span> <TimeLeft until={sheet.expires_at} now={now} />
        </p>
      </div>
      <Alerts refusals={refusals} stopped={stopped} />
      <Form visit={visit} class="sheet card flush">
        <input type="hidden" name="terms" value={sheet.terms} />
        <Headline sheet={sheet} />
        <Asks sheet={sheet} />
        <Facts sheet={sheet} now={now} timeWords={(ms) => timeWords(ms, organization.timezone)} />
        <Budgets sheet={sheet} />
        <Mandate sheet={sheet} />
        {mayDecide(organization) ? (
          <>
            <div class="part">
              <TextArea
                name="note"
                label="Note"
                hint="Kept with the decision, for whoever looks at it later."
                optional
                rows={2}
                maxlength={LIMITS.reasonChars}
                value={note}
                errors={noteError === undefined ? NO_ERRORS : new Map([["note", noteError]])}
              />
            </div>
            <Verdict mayApprove={refusals.length === 0} amount={`${grouped(sheet.amount)} ${sheet.currency}`} />
          </>
        ) : (
          <p class="part soft">You may look at this purchase. Owners, admins and approvers can decide it.</p>
        )}
      </Form>
      <p class="hint">
        Counts once. The purchase is checked again when you decide, and your decision goes into the audit log.
      </p>
    </div>
  );
}

const Verdict = ({ mayApprove, amount }: { readonly mayApprove: boolean; readonly amount: string }) => (
  <div class="verdict">
    <button type="submit" class="button" name="decision" value="deny">
      Deny
    </button>
    {mayApprove ? (
      <button type="submit" class="button main" name="decision" value="approve">
        <span>
          Approve <span class="whole">{amount}</span>
        </span>
      </button>
    ) : null}
  </div>
);
