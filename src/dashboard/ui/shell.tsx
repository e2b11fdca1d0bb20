import type { Child } from "hono/jsx";
import type { PageOptions } from "../answer.tsx";
import { ASSET_PATHS } from "../assets.ts";
import { doneWords } from "../done.ts";
import type { OrganizationVisit, Visit } from "../route.ts";
import { Form } from "./form.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { Notice } from "./parts.tsx";
import { plain } from "./words.ts";

/** The places in the navigation of an organization. */
export type Section =
  | "overview"
  | "agents"
  | "mandates"
  | "approvals"
  | "transactions"
  | "webhooks"
  | "keys"
  | "audit"
  | "alerts"
  | "settings";

const NAVIGATION: readonly { readonly section: Section; readonly label: string; readonly icon: IconName }[] = [
  { section: "overview", label: "Overview", icon: "home" },
  { section: "approvals", label: "Approvals", icon: "check" },
  { section: "transactions", label: "Transactions", icon: "list" },
  { section: "agents", label: "Agents", icon: "agent" },
  { section: "mandates", label: "Mandates", icon: "shield" },
  { section: "alerts", label: "Alerts", icon: "bell" },
  { section: "keys", label: "API keys", icon: "key" },
  { section: "webhooks", label: "Webhooks", icon: "hook" },
  { section: "audit", label: "Audit", icon: "chain" },
  { section: "settings", label: "Settings", icon: "gear" },
];

/** `/dashboard/org_…` for the overview, `/dashboard/org_…/agents` and so on for the rest. */
const sectionPath = (base: string, section: Section) => (section === "overview" ? base : `${base}/${section}`);

function Document({
  visit: { nonce, now, request },
  title,
  pulse,
  seq,
  chart = false,
  children,
}: {
  readonly visit: Visit;
  readonly title: string;
  /** Address that tells whether anything has happened; the page then follows it. */
  readonly pulse?: string | undefined;
  /** How far that was before this page was read: whatever happens in between is not missed. */
  readonly seq?: number | undefined;
  readonly chart?: boolean;
  readonly children?: Child;
}) {
  return (
    <html lang="en" data-theme={themeOf(request)} data-now={now}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex, nofollow" />
        <meta name="color-scheme" content="light dark" />
        {pulse === undefined ? null : <meta name="pulse" content={pulse} data-seq={seq} />}
        <title>{`${title} – Quetra`}</title>
        <link rel="stylesheet" href={ASSET_PATHS.style} nonce={nonce} />
        {chart ? <link rel="stylesheet" href={ASSET_PATHS.chartStyle} nonce={nonce} /> : null}
        {chart ? <script src={ASSET_PATHS.chartScript} nonce={nonce} defer /> : null}
        <script src={ASSET_PATHS.script} nonce={nonce} defer />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        {children}
      </body>
    </html>
  );
}

/** What was chosen in this browser; otherwise the system's own. */
const themeOf = (request: Request): "light" | "dark" | undefined =>
  /(?:^|;\s*)quetra_theme=(light|dark)(?:;|$)/.exec(request.headers.get("cookie") ?? "")?.[1] as
    | "light"
    | "dark"
    | undefined;

function Done({ url }: Pick<Visit, "url">) {
  const words = doneWords(url.searchParams.get("done"));
  return words === null ? null : <Notice tone="good">{words}</Notice>;
}

export function PlainShell({
  visit,
  title,
  wide = false,
  children,
}: PageOptions & { readonly visit: Visit; readonly wide?: boolean; readonly children?: Child }) {
  return (
    <Document visit={visit} title={title}>
      <header class="plain-bar">
        <a class="mark" href="/dashboard">
          Quetra
        </a>
        {visit.signedIn === null ? null : <AccountMenu visit={visit} />}
      </header>
      <main id="main" class={wide ? "plain wide" : "plain"} tabindex={-1}>
        <Done url={visit.url} />
        {children}
      </main>
    </Document>
  );
}

export function OrganizationShell({
  visit,
  title,
  section,
  live = false,
  chart = false,
  children,
}: PageOptions & {
  readonly visit: OrganizationVisit;
  readonly section: Section;
  readonly live?: boolean | number;
  readonly chart?: boolean;
  readonly children?: Child;
}) {
  const { organization, base, url } = visit;
  return (
    <Document
      visit={visit}
      title={title}
      chart={chart}
      pulse={live === false ? undefined : `${base}/pulse`}
      seq={typeof live === "number" ? live : undefined}
    >
      <div class="frame">
        <header class="side">
          <a class="mark" href={base}>
            Quetra
          </a>
          <a class="where" href="/dashboard/organizations" title="Change organization">
            <span class="where-name">
              <bdi>{plain(organization.organization_name)}</bdi>
            </span>
            <span class={`mode ${organization.mode}`}>{organization.mode === "test" ? "Test mode" : "Live"}</span>
          </a>
          <input type="checkbox" id="menu" class="menu-switch" aria-label="Show the navigation" />
          <label for="menu" class="menu-button" aria-hidden="true">
            <Icon name="menu" />
          </label>
          <nav aria-label="Organization" class="nav">
            <ul>
              {NAVIGATION.map(({ section: one, label, icon }) => (
                <li>
                  <a href={sectionPath(base, one)} aria-current={one === section ? "page" : undefined}>
                    <Icon name={icon} />
                    {label}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <AccountMenu visit={visit} />
        </header>
        <main id="main" class="content" tabindex={-1}>
          <div id="frozen" role="status" data-live>
            {organization.frozen ? (
              <div class="frozen">
                <Icon name="snow" />
                <p>
                  <strong>All spending is frozen.</strong> Nothing new is authorized until it is lifted.
                </p>
              </div>
            ) : null}
          </div>
          <Done url={url} />
          {children}
        </main>
      </div>
    </Document>
  );
}

function AccountMenu({ visit }: { readonly visit: Visit }) {
  const person = visit.signedIn?.person;
  if (person === undefined) return null;
  return (
    <details class="account">
      <summary>
        <span class="initial" aria-hidden="true">
          {plain(person.name).slice(0, 1).toUpperCase()}
        </span>
        <span class="account-name">
          <bdi>{plain(person.name)}</bdi>
        </span>
      </summary>
      <div class="account-menu">
        <a href="/dashboard/account">Your account</a>
        <a href="/dashboard/organizations">Organizations</a>
        <fieldset class="theme" hidden>
          <legend class="hidden">Colours</legend>
          <button type="button" value="auto">
            Auto
          </button>
          <button type="button" value="light">
            Light
          </button>
          <button type="button" value="dark">
            Dark
          </button>
        </fieldset>
        <Form visit={visit} action="/dashboard/sign-out">
          <button type="submit" class="linkish">
            Sign out
          </button>
        </Form>
      </div>
    </details>
  );
}
