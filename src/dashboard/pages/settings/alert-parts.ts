import type { AlertKind } from "../../../alerts/kinds.ts";
import type { Tone } from "../../ui/parts.tsx";

/** How each kind of alert is set on its page. */
export interface AlertPart {
  readonly kind: AlertKind;
  readonly title: string;
  readonly words: string;
  readonly severity: { readonly tone: Tone; readonly words: string };
  /** It can pause a mandate: when it does. */
  readonly pauses?: string;
  readonly numbers: readonly { readonly name: string; readonly label: string; readonly unit?: string }[];
  readonly perCurrency?: boolean;
}

const INFO = { tone: "info", words: "For your information" } as const;
const WARNING = { tone: "warn", words: "Warning" } as const;
const CRITICAL = { tone: "bad", words: "Critical" } as const;
const BOTH = { tone: "warn", words: "Warning or critical" } as const;
const WHEN_CRITICAL = "When the alert is critical. A person has to resume it.";

/** The kinds by what they are about, in the order of the page. */
export const ALERT_GROUPS: readonly { readonly title: string; readonly kinds: readonly AlertKind[] }[] = [
  { title: "Purchases", kinds: ["large_transaction", "unusual_amount", "new_vendor"] },
  { title: "Agents that go wrong", kinds: ["rate_spike", "repeated_rejections"] },
  { title: "Budgets and payments", kinds: ["budget_threshold", "overdraft", "unknown_outcome", "dispute"] },
  { title: "The service", kinds: ["webhook_disabled", "storage"] },
];

export const ALERT_PARTS: readonly AlertPart[] = [
  {
    kind: "large_transaction",
    title: "Large purchase",
    words: "An approved purchase above a threshold.",
    severity: WARNING,
    numbers: [{ name: "threshold", label: "Above", unit: "in any currency" }],
    perCurrency: true,
  },
  {
    kind: "rate_spike",
    title: "Many purchases at once",
    words: "An agent asks for more purchases in a minute than usual.",
    severity: CRITICAL,
    pauses: WHEN_CRITICAL,
    numbers: [{ name: "max_per_minute", label: "More than", unit: "a minute" }],
  },
  {
    kind: "new_vendor",
    title: "New vendor",
    words: "An agent's first approved purchase from a vendor, once it has bought elsewhere.",
    severity: INFO,
    numbers: [],
  },
  {
    kind: "budget_threshold",
    title: "Budget nearly used",
    words: "A budget reaches the warning of its mandate, or its limit.",
    severity: BOTH,
    numbers: [],
  },
  {
    kind: "unusual_amount",
    title: "Unusual amount",
    words: "A purchase far from what the agent usually spends. The score says how far from the median; 6 is far.",
    severity: WARNING,
    numbers: [
      { name: "score", label: "Score above" },
      { name: "minimum_sample", label: "Once it has made", unit: "purchases" },
    ],
  },
  {
    kind: "repeated_rejections",
    title: "Many refusals",
    words: "An agent keeps asking for what it may not buy.",
    severity: BOTH,
    pauses: WHEN_CRITICAL,
    numbers: [
      { name: "count", label: "Warning at", unit: "refusals" },
      { name: "critical_count", label: "Critical at", unit: "refusals" },
      { name: "window_minutes", label: "Within", unit: "minutes" },
    ],
  },
  {
    kind: "overdraft",
    title: "Overdraft",
    words: "A purchase cost more than was authorized; it is booked in full.",
    severity: CRITICAL,
    pauses: WHEN_CRITICAL,
    numbers: [],
  },
  {
    kind: "unknown_outcome",
    title: "Payment without an outcome",
    words: "Whether a payment went through is not proven yet. Its budget stays held.",
    severity: CRITICAL,
    pauses: WHEN_CRITICAL,
    numbers: [{ name: "after_minutes", label: "After", unit: "minutes" }],
  },
  {
    kind: "dispute",
    title: "Disputed charge",
    words: "A cardholder disputes a charge at Stripe.",
    severity: CRITICAL,
    pauses: WHEN_CRITICAL,
    numbers: [],
  },
  {
    kind: "webhook_disabled",
    title: "Webhook switched off",
    words: "An endpoint failed for days, and nothing is sent to it any more.",
    severity: WARNING,
    numbers: [],
  },
  {
    kind: "storage",
    title: "Record nearly full",
    words: "The organization's record comes near the size at which new spending is refused.",
    severity: CRITICAL,
    numbers: [],
  },
];
