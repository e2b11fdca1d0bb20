import type { Child } from "hono/jsx";
import { Icon, type IconName } from "./icons.tsx";
import { amountWords, relativeWords, timeWords } from "./words.ts";

/** What pages are made of. Classes stand in `assets/app.css`; nothing here knows an organization. */
export type Tone = "good" | "bad" | "warn" | "quiet" | "info";

/** Title of a page, what it is for, and what can be done here. */
export function PageHead({
  title,
  lead,
  back,
  children,
}: {
  readonly title: Child;
  readonly lead?: Child;
  /** Where this page belongs to. */
  readonly back?: { readonly href: string; readonly label: string };
  /** Actions. */
  readonly children?: Child;
}) {
  return (
    <div class="head">
      <div class="head-words">
        {back === undefined ? null : (
          <a class="back" href={back.href}>
            {back.label}
          </a>
        )}
        <h1>{title}</h1>
        {lead === undefined ? null : <p class="lead">{lead}</p>}
      </div>
      {children === undefined ? null : <div class="head-actions">{children}</div>}
    </div>
  );
}

/** `live`: replaced as soon as something happens; needs an id that stays. */
export function Card({
  title,
  hint,
  id,
  live = false,
  flush = false,
  tone,
  actions,
  children,
}: {
  readonly title?: Child;
  readonly hint?: Child;
  readonly id?: string;
  readonly live?: boolean;
  /** Without inner space, for tables. */
  readonly flush?: boolean;
  readonly tone?: Tone;
  readonly actions?: Child;
  readonly children?: Child;
}) {
  return (
    <section
      class={`card${flush ? " flush" : ""}${tone === undefined ? "" : ` ${tone}`}`}
      id={id}
      data-live={live || undefined}
    >
      {title === undefined ? null : (
        <div class="card-head">
          <div>
            <h2>{title}</h2>
            {hint === undefined ? null : <p class="hint">{hint}</p>}
          </div>
          {actions === undefined ? null : <div class="card-actions">{actions}</div>}
        </div>
      )}
      {children}
    </section>
  );
}

export const Badge = ({ tone = "quiet", children }: { readonly tone?: Tone; readonly children?: Child }) => (
  <span class={`badge ${tone}`}>{children}</span>
);

export const Notice = ({ tone, children }: { readonly tone: Tone; readonly children?: Child }) => (
  <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
    {children}
  </div>
);

/** What stands where nothing is yet: what this place is for, and the next step. */
export function Empty({
  icon,
  title,
  children,
  action,
}: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: Child;
  readonly action?: Child;
}) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      <p>{children}</p>
      {action === undefined ? null : <div>{action}</div>}
    </div>
  );
}

export const LinkButton = ({
  href,
  kind = "plain",
  children,
}: {
  readonly href: string;
  readonly kind?: "main" | "plain" | "danger";
  readonly children?: Child;
}) => (
  <a class={`button ${kind}`} href={href}>
    {children}
  </a>
);

/** Label and value, one pair a line; a null value is left out. */
export function Facts({ items }: { readonly items: readonly (readonly [label: Child, value: Child] | null)[] }) {
  return (
    <dl class="facts">
      {items.map((item) =>
        item === null ? null : (
          <>
            <dt>{item[0]}</dt>
            <dd>{item[1]}</dd>
          </>
        ),
      )}
    </dl>
  );
}

/**
 * A table that becomes a list where it is narrow: cards, in which each cell carries its column's name in `data-label`; or,
 * where the cells speak for themselves, `pair` (four cells as two lines) or `line` (the first above the others).
 */
export const Table = ({
  caption,
  columns,
  narrow = "cards",
  children,
}: {
  /** For screen readers. */
  readonly caption: string;
  readonly columns: readonly (string | { readonly label: string; readonly end: true })[];
  readonly narrow?: "cards" | "pair" | "line";
  readonly children?: Child;
}) => (
  <div class="table-box">
    <table class={narrow === "cards" ? "table" : `table narrow-${narrow}`}>
      <caption class="hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) =>
            typeof column === "string" ? (
              <th scope="col">{column}</th>
            ) : (
              <th scope="col" class="end">
                {column.label}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);

export const Money = ({ amount, currency }: { readonly amount: number; readonly currency: string }) => (
  <span class="money">
    {amountWords(amount)} <small>{currency}</small>
  </span>
);

/** An instant: how long ago, with the exact time in the organization's zone beside it for whoever points at it. */
export function When({
  at,
  now,
  timezone,
  exact = false,
}: {
  /** RFC 3339, or ms. */
  readonly at: string | number;
  readonly now: number;
  readonly timezone: string;
  readonly exact?: boolean;
}) {
  const ms = typeof at === "number" ? at : Date.parse(at);
  const full = `${timeWords(ms, timezone)} (${timezone})`;
  return (
    <time datetime={new Date(ms).toISOString()} title={full} data-ticks={exact ? undefined : "ago"}>
      {exact ? timeWords(ms, timezone) : relativeWords(ms, now)}
    </time>
  );
}

/** An id, a URL or a command, with a button that copies it (where there is script). */
export const Copyable = ({
  text,
  label,
  block = false,
}: {
  readonly text: string;
  readonly label: string;
  readonly block?: boolean;
}) => (
  <span class={block ? "copyable block" : "copyable"} data-copy>
    <code tabindex={block ? 0 : undefined}>{text}</code>
    <button type="button" class="copy" hidden aria-label={`Copy ${label}`}>
      <Icon name="copy" />
    </button>
  </span>
);

/** How far a budget is used: settled, held, and what is left of the limit. Amounts in major units. */
export function BudgetBar({
  label,
  settled,
  held,
  limit,
  remaining,
  currency,
  note,
}: {
  readonly label: Child;
  readonly settled: number;
  readonly held: number;
  readonly limit: number;
  readonly remaining: number;
  readonly currency: string;
  readonly note?: Child;
}) {
  const share = (part: number) => (limit > 0 ? Math.max(0, Math.min(100, (part / limit) * 100)) : 100);
  const used = share(settled + held);
  const tone = used >= 100 ? "bad" : used >= 80 ? "warn" : "good";
  return (
    <div class={`budget ${tone}`}>
      <div class="budget-words">
        <span>{label}</span>
        <span class="money">
          {amountWords(remaining)} <small>{`${currency} left of ${amountWords(limit)}`}</small>
        </span>
      </div>
      <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-all" width="100" height="4" />
        <rect class="bar-held" width={used.toFixed(2)} height="4" />
        <rect class="bar-settled" width={share(settled).toFixed(2)} height="4" />
      </svg>
      <p class="hint">
        {settled === 0 && held === 0 ? "Nothing used" : `${amountWords(settled)} settled, ${amountWords(held)} held`}
        {note === undefined ? null : <> · {note}</>}
      </p>
    </div>
  );
}

/** Further pages of a list by its cursor. */
export function Pager({ url, next }: { readonly url: URL; readonly next: string | null }) {
  const cursor = url.searchParams.get("cursor");
  if (next === null && cursor === null) return null;
  const to = (value: string | null) => {
    const query = new URLSearchParams(url.searchParams);
    query.delete("done");
    if (value === null) query.delete("cursor");
    else query.set("cursor", value);
    const text = query.toString();
    return text === "" ? url.pathname : `${url.pathname}?${text}`;
  };
  return (
    <nav class="pager" aria-label="Pages">
      {cursor === null ? <span /> : <a href={to(null)}>Newest</a>}
      {next === null ? <span /> : <a href={to(next)}>Older</a>}
    </nav>
  );
}
