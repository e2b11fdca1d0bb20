import type { OrganizationVisit } from "../../route.ts";
import { plain } from "../../ui/words.ts";

/** The name of a person who decided or acknowledged something; null for keys and links, and for whoever is gone. */
export async function deciderName({ people }: OrganizationVisit, by: string | null): Promise<string | null> {
  if (by === null || !by.startsWith("person:")) return null;
  const id = by.slice("person:".length);
  return (await people.names([id])).get(id) ?? null;
}

/** Who decided, and what they noted: for members only, so it is not on the pages of links and keys. */
export function DecisionRecord({ name, note }: { readonly name: string | null; readonly note: string | null }) {
  if (name === null && note === null) return null;
  return (
    <dl class="part facts">
      {name === null ? null : (
        <>
          <dt>By</dt>
          <dd>
            <bdi>{plain(name)}</bdi>
          </dd>
        </>
      )}
      {note === null ? null : (
        <>
          <dt>Note</dt>
          <dd>
            <q dir="auto">{plain(note)}</q>
          </dd>
        </>
      )}
    </dl>
  );
}
