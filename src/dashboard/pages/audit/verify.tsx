import type { Child } from "hono/jsx";
import { LIMITS } from "../../../limits.ts";
import { organizationPage } from "../../answer.tsx";
import type { AnswerOf } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Card, Facts, LinkButton, Notice, PageHead } from "../../ui/parts.tsx";
import { countWords, plain } from "../../ui/words.ts";
import { BEGINNING, openProgress, type Progress, sealProgress } from "./verify-state.ts";

type Report = AnswerOf<"verifyAudit">;

/**
 * Verifies the log from its beginning, one step a request. A long log goes on by itself: the answer tells the browser to
 * ask for the next step, which needs no script.
 *
 * @param step Events that one request looks at.
 */
export async function verifyPage(visit: OrganizationVisit, step: number = LIMITS.exportRows): Promise<Response> {
  const { api, base, url, organization, scope } = visit;
  const secret = scope.env.AUTH_SECRET ?? "";
  const at = url.searchParams.get("at");
  const progress = (at === null ? null : openProgress(secret, organization.organization_id, at)) ?? BEGINNING;
  const [report, head] = await Promise.all([
    api.get("verifyAudit", { query: { after_seq: progress.after, limit: step } }),
    api.get("getChainHead"),
  ]);
  const { chain, ledger, next_after_seq } = report;
  const done: Progress = { after: chain.last_seq ?? progress.after, erased: progress.erased + chain.erased };
  const goesOn = next_after_seq !== null && chain.valid && ledger.valid;
  const next = goesOn ? `${base}/audit/verify?at=${sealProgress(secret, organization.organization_id, done)}` : null;
  const response = organizationPage(
    visit,
    { title: "Verification", section: "audit" },
    <>
      <PageHead
        title={next === null ? "Verification" : "Verifying…"}
        lead="Every link of the chain is calculated again, and every budget is compared with the purchases behind it."
        back={{ href: `${base}/audit`, label: "Audit" }}
      >
        {next === null ? <LinkButton href={`${base}/audit/verify`}>Verify again</LinkButton> : null}
      </PageHead>
      {next === null ? (
        <Result report={report} done={done} base={base} />
      ) : (
        <Underway done={done} of={head.seq} next={next} />
      )}
    </>,
  );
  if (next !== null) response.headers.set("refresh", `0; url=${next}`);
  return response;
}

function Underway({ done, of, next }: { readonly done: Progress; readonly of: number; readonly next: string }) {
  return (
    <Card title="This is a long log">
      <p>
        <label for="progress">{`Event ${done.after} of ${of} so far, and all of it verifies.`}</label>
      </p>
      <progress id="progress" class="verify-progress" value={done.after} max={of} />
      <p>
        It goes on by itself. <a href={next}>Go on now</a>
      </p>
    </Card>
  );
}

const PROBLEMS: Readonly<Record<string, string>> = {
  gap: "An event is missing before it.",
  body_changed: "What it says was changed after it was written.",
  link_broken: "Its link does not follow from the event before it.",
  erased_without_event: "What it said is gone, and no event says who erased it.",
};

function Result({ report, done, base }: { readonly report: Report; readonly done: Progress; readonly base: string }) {
  const { chain, ledger } = report;
  return (
    <>
      {chain.valid && ledger.valid ? (
        <Notice tone="good">
          <strong>The log verifies.</strong> {`${countWords(done.after, "event")}, from the first to the newest.`}
        </Notice>
      ) : (
        <Notice tone="bad">
          <strong>Something is wrong.</strong> Export the log now and keep it as it is, freeze spending, and ask the
          operator of this service what has happened.
        </Notice>
      )}
      <Card title="What was found">
        <Facts
          items={[["The chain", chainWords(report, base)], ["The ledger", ledgerWords(ledger)], erasedWords(done)]}
        />
      </Card>
      <Card title="Do not take our word for it">
        <p>
          {"This is Quetra checking itself. "}
          <a href={`${base}/audit`}>Export the log</a>
          {" and run the verifier on your own machine: it shares no code with the service."}
        </p>
      </Card>
    </>
  );
}

function chainWords({ chain }: Report, base: string): Child {
  if (chain.valid) return "Every link follows from the one before it.";
  const where = chain.broken_at;
  return (
    <>
      {where === undefined ? null : <a href={`${base}/audit/event?seq=${where}`}>{`Event ${where}`}</a>}
      {where === undefined ? "" : ": "}
      {PROBLEMS[chain.problem ?? ""] ?? "It does not verify."}
    </>
  );
}

function ledgerWords({ valid, problems }: Report["ledger"]): Child {
  if (valid) return "Every budget is the sum of its purchases, and every amount fits its status.";
  return (
    <ul>
      {problems.map((problem) => (
        <li>
          <bdi>{plain(problem)}</bdi>
        </li>
      ))}
    </ul>
  );
}

const erasedWords = ({ erased }: Progress) =>
  erased === 0
    ? null
    : (["Erased", `${countWords(erased, "event")} whose content is gone; an event says so for each.`] as const);
