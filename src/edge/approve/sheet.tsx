import type { ApprovalSheet, VisitAnswer } from "../../approvals/visit.ts";
import { grouped, networkWords, plain, protocolWords, spanWords } from "./words.ts";

/**
 * The facts of a purchase that waits, for whichever page shows them: every person who decides reads the same. Whatever an
 * agent or a seller wrote stands in quotes under a label that says so, and never in a sentence of ours.
 */
export type Open = Extract<VisitAnswer, { state: "open" }>;

/** An instant in the words of the page. */
export type TimeWords = (ms: number) => string;

export function Alerts({ refusals, stopped }: Pick<Open, "refusals" | "stopped">) {
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

export function Headline({ sheet }: { readonly sheet: ApprovalSheet }) {
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

export function Facts({
  sheet,
  now,
  timeWords,
}: {
  readonly sheet: ApprovalSheet;
  readonly now: number;
  readonly timeWords: TimeWords;
}) {
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
        <time datetime={new Date(requested_at).toISOString()}>{timeWords(requested_at)}</time>
      </dd>
      <dt>Time to decide</dt>
      <dd>
        {`${spanWords(expires_at - now)} left, until `}
        <time datetime={new Date(expires_at).toISOString()}>{timeWords(expires_at)}</time>
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

export function Asks({ sheet }: { readonly sheet: ApprovalSheet }) {
  return (
    <section class="part">
      <h2>Why you are asked</h2>
      <ul class="list">
        {sheet.asks.map((words) => (
          <li>{plain(words)}</li>
        ))}
      </ul>
    </section>
  );
}

export function Budgets({ sheet }: { readonly sheet: ApprovalSheet }) {
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

export function Mandate({ sheet: { mandate } }: { readonly sheet: ApprovalSheet }) {
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
