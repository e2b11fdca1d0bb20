import type { Child } from "hono/jsx";
import { organizationPage } from "../../answer.tsx";
import type { OrganizationVisit } from "../../route.ts";
import { PageHead } from "../../ui/parts.tsx";

/** The parts of the settings, in the order of their tabs. */
const PARTS = [
  { part: "general", label: "General", path: "/settings" },
  { part: "budgets", label: "Budgets", path: "/settings/budgets" },
  { part: "members", label: "Members", path: "/members" },
  { part: "x402", label: "x402", path: "/settings/x402" },
  { part: "stripe", label: "Stripe", path: "/settings/stripe" },
  { part: "merchants", label: "Merchants", path: "/settings/merchants" },
  { part: "profiles", label: "Profiles", path: "/settings/profiles" },
  { part: "alerts", label: "Alerts", path: "/settings/alerts" },
] as const;
export type SettingsPart = (typeof PARTS)[number]["part"];

/** One part of the settings, with the tabs that lead to the others. */
export const settingsPage = (
  visit: OrganizationVisit,
  {
    part,
    title,
    lead,
    status = 200,
    back,
  }: {
    readonly part: SettingsPart;
    readonly title: string;
    readonly lead?: Child;
    readonly status?: number;
    /** Of a page below a part. */
    readonly back?: { readonly href: string; readonly label: string };
  },
  content: Child,
): Response =>
  organizationPage(
    visit,
    { title, section: "settings", status },
    <>
      {back === undefined ? (
        <>
          <PageHead title="Settings" />
          <SettingsTabs base={visit.base} current={part} />
          {lead === undefined ? null : <p class="lead part-lead">{lead}</p>}
        </>
      ) : (
        <PageHead title={title} lead={lead} back={back} />
      )}
      {content}
    </>,
  );

/** Members have an address of their own, and the same tabs. */
export const SettingsTabs = ({ base, current }: { readonly base: string; readonly current: SettingsPart }) => (
  <nav class="tabs" aria-label="Settings">
    {PARTS.map(({ part, label, path }) => (
      <a href={`${base}${path}`} aria-current={part === current ? "page" : undefined}>
        {label}
      </a>
    ))}
  </nav>
);
