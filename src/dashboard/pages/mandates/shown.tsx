import type { MandateTerms } from "../../../policy/terms.ts";
import type { AnswerOf } from "../../api.ts";
import { Badge, BudgetBar, type Tone } from "../../ui/parts.tsx";
import { timeWords } from "../../ui/words.ts";
import { BUDGET_TITLES } from "./terms/catalogue.ts";

export type Mandate = AnswerOf<"getMandate">;
export type MandateStatus = Mandate["status"];

export const STATUS_LABELS: Readonly<Record<MandateStatus, string>> = {
  draft: "Draft",
  active: "In force",
  paused: "Paused",
  revoked: "Revoked",
  expired: "Expired",
};
const TONES: Readonly<Record<MandateStatus, Tone>> = {
  draft: "info",
  active: "good",
  paused: "warn",
  revoked: "quiet",
  expired: "quiet",
};

export const StatusBadge = ({ status }: { readonly status: MandateStatus }) => (
  <Badge tone={TONES[status]}>{STATUS_LABELS[status]}</Badge>
);

export const isInForce = (status: MandateStatus): boolean => status === "active" || status === "paused";
export const hasEnded = (status: MandateStatus): boolean => status === "revoked" || status === "expired";

/** The API shows terms as plain JSON; stored terms have this shape. */
export const termsOf = ({ terms }: { readonly terms: Readonly<Record<string, unknown>> }): MandateTerms =>
  terms as unknown as MandateTerms;

/** Every budget of a mandate as a bar. */
export const Budgets = ({ mandate, timezone }: { readonly mandate: Mandate; readonly timezone: string }) => (
  <>
    {mandate.budgets.map(({ period, settled, held, limit, remaining, resets_at }) => (
      <BudgetBar
        label={BUDGET_TITLES[period]}
        settled={settled}
        held={held}
        limit={limit}
        remaining={remaining}
        currency={termsOf(mandate).currency}
        note={resets_at === null ? undefined : `new on ${timeWords(Date.parse(resets_at), timezone)}`}
      />
    ))}
  </>
);
