import type { Actor } from "../../organization/event-log.ts";
import type { Names } from "../pages/transactions/names.ts";
import { plain } from "./words.ts";

/** Who did it: a person, a key or an agent by name where one is known, otherwise by id. */
export function By({ actor, names }: { readonly actor: Actor; readonly names: Names }) {
  const { type, id } = actor;
  switch (type) {
    case "system":
      return <>Quetra, by itself</>;
    case "operator":
      return <>The operator of this service</>;
    case "link":
      return <>Somebody with a one-time link</>;
    case "person":
      return named(names.people.get(id), "a person", "Somebody who is no member any more");
    case "agent":
      return named(names.agents.get(id), "agent", id);
    case "key":
      return named(names.keys.get(id), "key", id);
  }
}

const named = (name: string | undefined, kind: string, otherwise: string) =>
  name === undefined ? (
    otherwise
  ) : (
    <>
      <bdi>{plain(name)}</bdi> <span class="soft">({kind})</span>
    </>
  );
