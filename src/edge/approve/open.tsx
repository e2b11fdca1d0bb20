import type { ApprovalSheet } from "../../approvals/visit.ts";
import { LIMITS } from "../../limits.ts";
import { Alerts, Asks, Budgets, Facts, Headline, Mandate, type Open } from "./sheet.tsx";
import { Shell } from "./shell.tsx";
import { dateWords, grouped } from "./words.ts";

/**
 * A purchase that waits.
 *
 * @param heldKey The approver's key, where the person came in with one: it goes along with the decision.
 */
export function OpenCard({
  answer,
  heldKey,
  now,
}: {
  readonly answer: Open;
  readonly heldKey: string | null;
  readonly now: number;
}) {
  const { sheet, refusals, stopped } = answer;
  const amount = `${grouped(sheet.amount)} ${sheet.currency}`;
  return (
    <Shell title={`Approve ${amount}?`} organization={sheet.organization} test={sheet.mode === "test"}>
      <Alerts refusals={refusals} stopped={stopped} />
      <div class="card">
        <Headline sheet={sheet} />
        <Facts sheet={sheet} now={now} timeWords={dateWords} />
        <Asks sheet={sheet} />
        <Budgets sheet={sheet} />
        <Mandate sheet={sheet} />
        <Decide sheet={sheet} mayApprove={refusals.length === 0} heldKey={heldKey} />
      </div>
      <p class="foot">
        Counts once. The purchase is checked again when you decide, and your decision goes into the audit log.
      </p>
    </Shell>
  );
}

function Decide({
  sheet,
  mayApprove,
  heldKey,
}: {
  readonly sheet: ApprovalSheet;
  readonly mayApprove: boolean;
  readonly heldKey: string | null;
}) {
  return (
    <form method="post" class="part" autocomplete="off">
      <input type="hidden" name="terms" value={sheet.terms} />
      {heldKey === null ? null : <input type="hidden" name="key" value={heldKey} />}
      <label for="note">
        Note <span>(optional, kept with the decision)</span>
      </label>
      <textarea id="note" name="note" rows={2} maxlength={LIMITS.reasonChars} />
      <div class={mayApprove ? "actions" : "actions one"}>
        <button type="submit" name="decision" value="deny">
          Deny
        </button>
        {mayApprove ? (
          <button type="submit" name="decision" value="approve" class="go">
            Approve <span class="whole">{`${grouped(sheet.amount)} ${sheet.currency}`}</span>
          </button>
        ) : null}
      </div>
    </form>
  );
}
