import type { ApprovalSheet, VisitAnswer } from "../../approvals/visit.ts";
import { LIMITS } from "../../limits.ts";
import { Shell } from "./shell.tsx";
import { dateWords, grouped, networkWords, plain, protocolWords, spanWords } from "./words.ts";

type Open = Extract<VisitAnswer, { state: "open" }>;

/**
 * A purchase that waits. Whatever an agent or a seller wrote stands in quotes under a label that says so, and never in a
 * sentence of ours.
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
        <Facts sheet={sheet} now={now} />
        <section class="part">
          <h2>Why you are asked</h2>
          <ul class="list">
            {sheet.asks.map((words) => (
              <li>{plain(words)}</li>
            ))}
          </ul>
        </section>
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

function Alerts({ refusals, stopped }: Pick<Open, "refusals" | "stopped">) {
  return (
    <>
      {stopped === null ? null : (
        <p class="note bad" role="alert">
          <strong>Nothing was decided.</strong>{" "}
          {stopped.code === "terms_changed"
            ? "The purchase or its mandate has changed since you opened this page. Below is what stands now."
            : plain(stopped.message)}
        </p>
      )}
      {refusals.length === 0 ? null : (
        <div class="note" role="status">
          <strong>This cannot be approved as things stand now.</strong>
          <ul class="list">
            {refusals.map((words) => (
              <li>{plain(words)}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

function Headline({ sheet }: { readonly sheet: ApprovalSheet }) {
  const { vendor_kind, protocol, payment } = sheet;
  return (
    <div class="part">
      <h1>
        <bdi>{plain(sheet.agent_name)}</bdi> asks to spend
      </h1>
      <p class={sheet.amount.length > 9 ? "figure long" : "figure"}>
        <span>{grouped(sheet.amount)}</span> <small>{sheet.currency}</small>
      </p>
      <p class="payee">
        at{" "}
        <strong>
          {vendor_kind === "host" ? <bdi>{plain(sheet.vendor)}</bdi> : <q dir="auto">{plain(sheet.vendor)}</q>}
        </strong>
      </p>
      <p class="hint">
        {protocol === "x402"
          ? "The host that is paid, from the request itself."
          : protocol === "acp" && payment !== null
            ? "The merchant that an administrator has configured for this host."
            : protocol === "stripe" && payment !== null
              ? "The vendor as an administrator has written it into the payment profile."
              : vendor_kind === "host"
                ? "The vendor is named by the agent. Quetra has not checked who is paid."
                : "The vendor is free text in the agent's own words. Quetra has not checked who is paid."}
      </p>
    </div>
  );
}

function Facts({ sheet, now }: { readonly sheet: ApprovalSheet; readonly now: number }) {
  const { reason, category, payment, protocol, expires_at, requested_at } = sheet;
  return (
    <dl class="part facts">
      <dt>Reason</dt>
      <dd>
        {reason === null || reason === "" ? (
          "The agent gave none."
        ) : (
          <blockquote class="words" dir="auto">
            <span class="tag">The agent's own words, not checked</span>
            {plain(reason)}
          </blockquote>
        )}
      </dd>
      {category === null ? null : (
        <>
          <dt>Category</dt>
          <dd>
            <q dir="auto">{plain(category)}</q> <span class="hint">(by the agent)</span>
          </dd>
        </>
      )}
      <dt>How it is paid</dt>
      <dd>{protocolWords(protocol)}</dd>
      {payment === null ? null : <Payment payment={payment} />}
      {sheet.checkout === null ? null : <Checkout checkout={sheet.checkout} />}
      <dt>Asked</dt>
      <dd>
        <time datetime={new Date(requested_at).toISOString()}>{dateWords(requested_at)}</time>
      </dd>
      <dt>Time to decide</dt>
      <dd>
        {`${spanWords(expires_at - now)} left, until `}
        <time datetime={new Date(expires_at).toISOString()}>{dateWords(expires_at)}</time>
      </dd>
    </dl>
  );
}

const PAYMENT_WORDS = [
  ["pay_to", "Payee"],
  ["network", "Network"],
  ["asset", "Token"],
  ["request", "Request"],
  ["profile", "Profile"],
  ["profile_version", "Version of the profile"],
  ["seller_profile", "Paid to (Stripe profile)"],
  ["simulated", "Simulated, no money moves"],
] as const;

function Payment({ payment }: { readonly payment: NonNullable<ApprovalSheet["payment"]> }) {
  return (
    <>
      {PAYMENT_WORDS.map(([name, label]) => {
        const value = payment[name];
        if (value === undefined) return null;
        return (
          <>
            <dt>{label}</dt>
            <dd class={name === "network" ? "" : "mono"}>
              <bdi>{plain(name === "network" ? networkWords(value) : value)}</bdi>
            </dd>
          </>
        );
      })}
    </>
  );
}

/** Who sells stands in an administrator's words, what is bought in the agent's. */
function Checkout({
  checkout: { merchant, items, more },
}: {
  readonly checkout: NonNullable<ApprovalSheet["checkout"]>;
}) {
  return (
    <>
      <dt>Merchant</dt>
      <dd>{merchant === null ? "It is no longer configured." : <bdi>{plain(merchant)}</bdi>}</dd>
      <dt>Items</dt>
      <dd>
        <div class="words">
          <span class="tag">The agent's own words for what it buys, not checked</span>
          <ul class="list">
            {items.map(({ id, quantity }) => (
              <li>
                {`${quantity} × `}
                <q dir="auto">{plain(id)}</q>
              </li>
            ))}
          </ul>
        </div>
        {more === 0 ? null : <p class="hint">{`and ${more} more`}</p>}
      </dd>
    </>
  );
}

function Budgets({ sheet }: { readonly sheet: ApprovalSheet }) {
  if (sheet.budgets.length === 0) return null;
  return (
    <section class="part">
      <h2>{`Budgets after this purchase, in ${sheet.currency}`}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Budget</th>
            <th scope="col">Limit</th>
            <th scope="col">Left</th>
          </tr>
        </thead>
        <tbody>
          {sheet.budgets.map(({ label, limit, left_after }) => (
            <tr>
              <th scope="row">{plain(label)}</th>
              <td>
                <span>Limit </span>
                {plain(grouped(limit))}
              </td>
              <td class={left_after.startsWith("-") ? "over" : ""}>
                <span>Left </span>
                {plain(grouped(left_after))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Mandate({ sheet: { mandate } }: { readonly sheet: ApprovalSheet }) {
  return (
    <section class="part">
      {mandate === null ? (
        <p>No mandate is in force for this agent.</p>
      ) : (
        <details>
          <summary>What the mandate says</summary>
          <p class="hint">
            <bdi>{plain(mandate.name)}</bdi>
            {`, version ${mandate.version}, ${mandate.status}`}
          </p>
          <ul class="list">
            {mandate.summary.map((line) => (
              <li>{plain(line)}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
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
