import { compileMandate } from "../../../policy/compile.ts";
import { organizationPage } from "../../answer.tsx";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Card, Copyable, Facts, LinkButton, Notice, PageHead, When } from "../../ui/parts.tsx";
import { RuleIcon } from "../../ui/rule-icons.tsx";
import { moneyWords, plain } from "../../ui/words.ts";
import { Budgets, hasEnded, isInForce, type Mandate, StatusBadge, termsOf } from "./shown.tsx";
import { MandateActions } from "./status-actions.tsx";
import { RULE_KINDS } from "./terms/catalogue.ts";

/** One mandate: what it says in words, what is left, and what can be done with it. */
export async function mandateDetail(
  visit: OrganizationVisit,
  refused: string | null = null,
  status = 200,
): Promise<Response> {
  const { api, base, organization, params } = visit;
  const mandate = await api.get("getMandate", { params: { mandate_id: params.mandate_id ?? "" } });
  const agent = await api.get("getAgent", { params: { agent_id: mandate.agent_id } });
  const terms = termsOf(mandate);
  const path = `${base}/mandates/${mandate.id}`;
  const manages = mayManage(organization);
  return organizationPage(
    visit,
    { title: plain(terms.name), section: "mandates", live: true, status },
    <>
      <PageHead
        title={<bdi>{plain(terms.name)}</bdi>}
        back={{ href: `${base}/mandates`, label: "Mandates" }}
        lead={
          <>
            For the agent{" "}
            <a href={`${base}/agents/${agent.id}`}>
              <bdi>{plain(agent.name)}</bdi>
            </a>
          </>
        }
      >
        {hasEnded(mandate.status) ? null : (
          <>
            {mandate.status === "draft" ? null : <LinkButton href={`${path}/rehearse`}>Check its history</LinkButton>}
            {manages ? <LinkButton href={`${path}/edit`}>Edit</LinkButton> : null}
          </>
        )}
      </PageHead>
      {refused === null ? null : (
        <Notice tone="bad">
          <strong>Nothing was changed.</strong> {refused}
        </Notice>
      )}
      <div class="columns">
        <div>
          {mandate.status === "draft" ? (
            <Draft path={path} manages={manages} />
          ) : (
            <Card
              id="budgets"
              title="Budgets"
              live
              hint={isInForce(mandate.status) ? undefined : "As they stood at the end of each period."}
            >
              <Budgets mandate={mandate} timezone={organization.timezone} />
            </Card>
          )}
          <Limits mandate={mandate} />
          <Rules mandate={mandate} />
          <Proof mandate={mandate} path={path} />
        </div>
        <div>
          <Card id="status" title="Status" live>
            <Status visit={visit} mandate={mandate} />
            {manages ? <MandateActions visit={visit} mandate={mandate} inForce={agent.mandate_id} /> : null}
          </Card>
          <Card title="Validity and payment">
            <Validity visit={visit} mandate={mandate} />
          </Card>
        </div>
      </div>
    </>,
  );
}

const Draft = ({ path, manages }: { readonly path: string; readonly manages: boolean }) => (
  <Card title="This is a draft" tone="info">
    <p>
      It authorizes nothing yet. Rehearse it on what the agent has really bought, and see what it would have approved,
      asked about and refused{manages ? "; then put it in force" : ""}.
    </p>
    <p class="actions">
      <LinkButton kind="main" href={`${path}/rehearse?run=start`}>
        Rehearse it
      </LinkButton>
    </p>
  </Card>
);

function Limits({ mandate }: { readonly mandate: Mandate }) {
  const { description } = termsOf(mandate);
  return (
    <Card title="In words" hint="This is what the agent and approvers read.">
      {description === undefined || description === "" ? null : (
        <p class="paragraphs">
          <bdi>{plain(description)}</bdi>
        </p>
      )}
      <ul class="preview-list">
        {mandate.summary.map((line) => (
          <li>
            <bdi>{plain(line)}</bdi>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Rules({ mandate }: { readonly mandate: Mandate }) {
  const { rules } = compileMandate(termsOf(mandate));
  const types = termsOf(mandate).rules;
  return (
    <Card title="Rules" hint={rules.length === 0 ? undefined : "Every purchase must pass all of them."}>
      {rules.length === 0 ? (
        <p class="soft">There are no rules: the limit per purchase and the budgets are all there is.</p>
      ) : (
        <ul class="rule-list">
          {rules.map(({ words }, index) => {
            const rule = types[index]!;
            return (
              <li>
                <span class="rule-icon">
                  <RuleIcon type={rule.type} />
                </span>
                <div>
                  <strong>{RULE_KINDS[rule.type].title}</strong>
                  <p>
                    <bdi>{plain(words)}</bdi>
                  </p>
                  {rule.type === "custom" ? <pre>{rule.expression}</pre> : null}
                  {rule.type === "approval" ? <p class="hint">{waitWords(rule.timeout_minutes)}</p> : null}
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}

/** "No answer within 2 hours counts as no." */
function waitWords(minutes: number): string {
  const [count, unit] =
    minutes % 1440 === 0 ? [minutes / 1440, "day"] : minutes % 60 === 0 ? [minutes / 60, "hour"] : [minutes, "minute"];
  return `No answer within ${count} ${unit}${count === 1 ? "" : "s"} counts as no.`;
}

function Status({ visit, mandate }: { readonly visit: OrganizationVisit; readonly mandate: Mandate }) {
  const { now, organization, base } = visit;
  const { timezone } = organization;
  const when = (at: string) => <When at={at} now={now} timezone={timezone} />;
  return (
    <Facts
      items={[
        ["Now", <StatusBadge status={mandate.status} />],
        mandate.status_reason === null ? null : ["Reason", <bdi>{plain(mandate.status_reason)}</bdi>],
        [
          "Version",
          <a
            href={`${base}/mandates/${mandate.id}/versions`}
          >{`${mandate.version}${mandate.version === 1 ? "" : ` of ${mandate.version}: what changed`}`}</a>,
        ],
        ["Written", when(mandate.created_at)],
        mandate.updated_at === mandate.created_at ? null : ["Changed", when(mandate.updated_at)],
        mandate.activated_at === null ? null : ["In force since", when(mandate.activated_at)],
        mandate.ended_at === null ? null : ["Ended", when(mandate.ended_at)],
      ]}
    />
  );
}

function Validity({ visit, mandate }: { readonly visit: OrganizationVisit; readonly mandate: Mandate }) {
  const { now } = visit;
  const {
    valid_from,
    valid_until,
    timezone,
    profiles,
    warning_threshold,
    agent_may_release,
    currency,
    per_transaction_limit,
  } = termsOf(mandate);
  const when = (at: string) => <When at={at} now={now} timezone={timezone} exact />;
  return (
    <Facts
      items={[
        ["Per purchase", moneyWords(per_transaction_limit, currency)],
        ["Valid from", valid_from === undefined ? "As soon as it is in force" : when(valid_from)],
        ["Valid until", valid_until === undefined ? "Somebody ends it" : when(valid_until)],
        ["Time zone", timezone],
        ["Profiles", profiles === undefined ? "None" : profiles.join(", ")],
        [
          "Warns at",
          `${(warning_threshold * 100).toLocaleString("en-US", { maximumFractionDigits: 2 })} % of a budget`,
        ],
        [
          "Leftovers",
          agent_may_release ? "The agent gives back what it did not need" : "A person frees what was not needed",
        ],
      ]}
    />
  );
}

/** For auditors: what a hash of the terms covers, and who signed it. */
function Proof({ mandate, path }: { readonly mandate: Mandate; readonly path: string }) {
  return (
    <Card title="For auditors">
      <details>
        <summary>Hash, signature and the terms as JSON</summary>
        <div class="stack proof">
          <p class="hint">
            Every decision names the version by its hash, the SHA-256 of the canonical terms. The signature is made with
            the organization's key once a version is in force; <a href={`${path}/versions`}>every version</a> has its
            own.
          </p>
          <div>
            <p class="label">Hash</p>
            <Copyable block text={mandate.hash} label="the hash" />
          </div>
          <div>
            <p class="label">Signature (JWS)</p>
            {mandate.signature === null ? (
              <p class="soft">None yet: a draft has none, and a new version is signed within seconds.</p>
            ) : (
              <Copyable block text={mandate.signature} label="the signature" />
            )}
          </div>
          <div>
            <p class="label">Terms</p>
            <Copyable block text={JSON.stringify(mandate.terms, null, 2)} label="the terms" />
          </div>
        </div>
      </details>
    </Card>
  );
}
