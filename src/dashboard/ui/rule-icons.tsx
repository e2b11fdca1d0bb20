import type { RuleType } from "../../policy/rule-schemas.ts";

/** One drawing per type of rule, in the manner of `icons.tsx`; beside a title that says the same. */
const PATHS: Readonly<Record<RuleType, string>> = {
  approval: "M7.5 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 17c0-3 2.2-5 5-5 1.2 0 2.3.4 3.2 1M12 15.2l2 2 3.5-3.8",
  vendor_allowlist:
    "M3.5 8.5V16a1 1 0 0 0 1 1h11a1 1 0 0 0 1-1V8.5M2.5 7 4.5 3h11l2 4M2.5 7a2.5 2.5 0 0 0 5 0 2.5 2.5 0 0 0 5 0 2.5 2.5 0 0 0 5 0M7.5 13l1.8 1.8 3.2-3.3",
  vendor_blocklist: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM4.8 4.8l10.4 10.4",
  vendor_budget:
    "M3 6.5h12.5a1.5 1.5 0 0 1 1.5 1.5v7a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 15zM3 6.5 13 3.2v3.3M13.5 11.5h.01",
  max_amount: "M3 4h14M10 17V7.5M6.5 11 10 7.5l3.5 3.5",
  category: "M3 3.5h6.2L17 11.3 11.3 17 3.5 9.2zM6.8 7h.01",
  rate_limit: "M4 8.5a6.2 6.2 0 0 1 11.4-1.7M16 3.5v3.6h-3.6M16 11.5a6.2 6.2 0 0 1-11.4 1.7M4 16.5v-3.6h3.6",
  time_window: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 5.8V10l3 2",
  protocol: "M3 5h14a.8.8 0 0 1 .8.8v8.4a.8.8 0 0 1-.8.8H3a.8.8 0 0 1-.8-.8V5.8A.8.8 0 0 1 3 5zM2.2 8.5h15.6M5 12h3.5",
  geo: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM2.5 10h15M10 2.5c2.2 2.2 3 4.8 3 7.5s-.8 5.3-3 7.5c-2.2-2.2-3-4.8-3-7.5s.8-5.3 3-7.5z",
  custom: "M6.5 5.5 2.5 10l4 4.5M13.5 5.5l4 4.5-4 4.5M11.5 3.5l-3 13",
};

export const RuleIcon = ({ type }: { readonly type: RuleType }) => (
  <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d={PATHS[type]} />
  </svg>
);
