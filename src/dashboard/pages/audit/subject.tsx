import { plain } from "../../ui/words.ts";
import type { Names } from "../transactions/names.ts";
import { isInvitation, personIn } from "./member-words.ts";

const PLACES: Readonly<Record<string, string>> = {
  txn: "transactions",
  agt: "agents",
  mdt: "mandates",
  apr: "approvals",
};

/** What an event is about: a person by name, everything else by id. */
export function Subject({
  base,
  event,
  names,
  short = false,
}: {
  readonly base: string;
  readonly event: { readonly type: string; readonly subject: string | null };
  readonly names: Names;
  readonly short?: boolean;
}) {
  const person = personIn(event);
  if (person !== null) {
    const name = names.people.get(person.id);
    return (
      <a href={`${base}/audit/events?subject=${encodeURIComponent(person.id)}`}>
        {name === undefined ? <Id id={person.id} short={short} /> : <bdi>{plain(name)}</bdi>}
      </a>
    );
  }
  const link = <SubjectLink base={base} subject={event.subject} short={short} />;
  return isInvitation(event) ? <>An invitation {link}</> : link;
}

/** What an event is about, with a link where it has a page. */
function SubjectLink({
  base,
  subject,
  short = false,
}: {
  readonly base: string;
  readonly subject: string | null;
  /** For tables: only the beginning of the id. */
  readonly short?: boolean;
}) {
  if (subject === null) return <>–</>;
  const prefix = subject.split("_", 1)[0] ?? "";
  if (prefix === "org") return <>The organization</>;
  const place = Object.hasOwn(PLACES, prefix) ? PLACES[prefix] : undefined;
  const text = <Id id={subject} short={short} />;
  return place === undefined ? text : <a href={`${base}/${place}/${encodeURIComponent(subject)}`}>{text}</a>;
}

const Id = ({ id, short }: { readonly id: string; readonly short: boolean }) =>
  short ? <code class="short-id" title={plain(id)}>{`${plain(id).slice(0, 12)}…`}</code> : <code>{plain(id)}</code>;
