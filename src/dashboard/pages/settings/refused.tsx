import { holdsKey } from "../../../edge/json-body.ts";
import type { ApiRefusal } from "../../api.ts";
import type { DashboardForm } from "../../form.ts";
import { type FieldErrors, fieldErrors, NO_ERRORS } from "../../ui/form.tsx";
import { Card, Facts, Notice } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";

interface Errors {
  readonly fields: FieldErrors;
  readonly above: readonly string[];
}

/**
 * What an operation refused, at the fields that were posted. A pointer into a list stands at the list's own field, and
 * whatever has no field stands above the form: no sentence is lost.
 *
 * @param more Names that a browser leaves out where nothing is chosen.
 * @param fieldOf Where the form's names differ from the pointers.
 */
export function errorsOn(
  form: DashboardForm,
  refusal: ApiRefusal | null,
  { more = [], fieldOf = byPointer }: { more?: readonly string[]; fieldOf?: (pointer: string) => string } = {},
): Errors {
  if (refusal === null) return { fields: NO_ERRORS, above: [] };
  const names = form.names();
  if (refusal.code === "key_in_field") {
    const holding = names.filter((name) => holdsKey(form.raw(name)));
    const words = "This was a key of Quetra. It is not kept, and not shown again: write something else.";
    return { fields: new Map(holding.map((name) => [name, words])), above: [refusal.detail] };
  }
  const known = new Set([...names, ...more]);
  return fieldErrors(refusal, (pointer) => {
    const parts = fieldOf(pointer).split(".");
    while (parts.length > 0 && !known.has(parts.join("."))) parts.pop();
    return parts.join(".");
  });
}

const byPointer = (pointer: string): string => pointer.slice(1).replaceAll("/", ".");

/** A form that was based on what is no longer so. It is shown with the version of now, so that saving again is a choice. */
export const isOvertaken = (refusal: ApiRefusal | null): boolean => refusal?.status === 412;

/** Somebody else saved first: what stands there now, where it is not what was typed. */
export function Overtaken({
  what,
  fields,
}: {
  /** "The merchant" */
  readonly what: string;
  readonly fields: readonly { readonly label: string; readonly now: string; readonly typed: string }[];
}) {
  const differing = fields.filter(({ now, typed }) => now !== typed);
  return (
    <>
      <Notice tone="warn">
        <strong>Somebody else was faster.</strong> {what} changed while you were editing, so nothing of yours was saved.
        Compare, then save again to put yours in its place.
      </Notice>
      <Card title="As it is now" hint="Only what differs from what you typed below.">
        {differing.length === 0 ? (
          <p>Nothing differs: it already is as you want it.</p>
        ) : (
          <Facts items={differing.map(({ label, now }) => [label, <bdi>{plain(now) || "(empty)"}</bdi>])} />
        )}
      </Card>
    </>
  );
}
