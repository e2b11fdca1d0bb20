import type { VisitAnswer } from "../../approvals/visit.ts";
import type { TimeWords } from "./sheet.tsx";
import { Shell } from "./shell.tsx";
import { dateWords, grouped, plain } from "./words.ts";

export type Closed = Extract<VisitAnswer, { state: "closed" }>;

const WORDS: Readonly<Record<Closed["status"], { readonly title: string; readonly next: string }>> = {
  approved: { title: "Approved", next: "The budget is held, and the agent may go on." },
  denied: { title: "Denied", next: "Nothing is held, and the agent is told." },
  expired: { title: "Expired", next: "Nobody decided in time, which counts as denied. Nothing is held for it." },
  cancelled: { title: "Called off", next: "The purchase was called off before anybody decided." },
};

const BY: Readonly<Record<Closed["by"], string>> = {
  link: " through a one-time link",
  key: " with an approver's key",
  person: " by a person who was signed in",
  nobody: "",
};

/** A purchase that nobody can decide any more. */
export function ClosedCard({ answer, decided }: { readonly answer: Closed; readonly decided: boolean }) {
  return (
    <Shell title={WORDS[answer.status].title}>
      {decided && !answer.now ? (
        <p class="note" role="alert">
          <strong>Your decision was not needed any more.</strong> It came after this purchase was closed, and changed
          nothing.
        </p>
      ) : null}
      <div class="card">
        <ClosedParts answer={answer} timeWords={dateWords} />
      </div>
      <p class="foot">The decision is in the organization's audit log. This page can be closed.</p>
    </Shell>
  );
}

/** What became of it, for whichever page shows it. */
export function ClosedParts({ answer, timeWords }: { readonly answer: Closed; readonly timeWords: TimeWords }) {
  const { status, by, at, purchase } = answer;
  const { title, next } = WORDS[status];
  return (
    <>
      <div class="part">
        <p class={`state ${status}`} role="status">
          {title}
        </p>
        <h1 class="big">{headline(answer)}</h1>
        <p class="lead">{next}</p>
      </div>
      <dl class="part facts">
        <dt>Amount</dt>
        <dd>{`${grouped(purchase.amount)} ${purchase.currency}`}</dd>
        <dt>Vendor</dt>
        <dd>
          <bdi>{plain(purchase.vendor)}</bdi>
        </dd>
        <dt>Agent</dt>
        <dd>
          <bdi>{plain(purchase.agent_name)}</bdi>
        </dd>
        <dt>{status === "expired" ? "Expired" : status === "cancelled" ? "Called off" : "Decided"}</dt>
        <dd>
          <time datetime={new Date(at).toISOString()}>{timeWords(at)}</time>
          {status === "approved" || status === "denied" ? BY[by] : ""}
        </dd>
      </dl>
    </>
  );
}

function headline({ status, now }: Closed): string {
  switch (status) {
    case "approved":
      return now ? "You approved this purchase" : "This purchase is already approved";
    case "denied":
      return now ? "You denied this purchase" : "This purchase is already denied";
    case "expired":
      return "The time to decide has run out";
    case "cancelled":
      return "This purchase was called off";
  }
}
