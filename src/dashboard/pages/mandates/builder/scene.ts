import type { OrganizationVisit } from "../../../route.ts";
import type { FieldErrors } from "../../../ui/form.tsx";
import type { Description } from "../terms/describe.ts";
import type { MandateForm } from "../terms/mandate-form.ts";

/** The mandate that is edited. */
export interface Edited {
  readonly id: string;
  readonly status: "draft" | "active" | "paused";
  /** The version that the edit began with. */
  readonly version: number;
}

/** Everything that the builder shows. */
export interface BuilderScene {
  readonly visit: OrganizationVisit;
  readonly form: MandateForm;
  readonly errors: FieldErrors;
  readonly above: readonly string[];
  readonly description: Description;
  /** Agents that a new mandate can be for, by id. */
  readonly agents: ReadonlyMap<string, string>;
  /** Names of payment profiles, for a hint. */
  readonly profiles: readonly string[];
  /** Null: a new mandate. */
  readonly edited: Edited | null;
  /** Somebody else has saved a newer version meanwhile: its number. */
  readonly newer: number | null;
  readonly template: string | null;
}

/** The address of the form itself: every button inside sends it there. */
export const builderPath = ({ visit: { base }, edited }: Pick<BuilderScene, "visit" | "edited">): string =>
  edited === null ? `${base}/mandates/new` : `${base}/mandates/${edited.id}/edit`;
