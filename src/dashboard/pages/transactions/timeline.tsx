import type { OrganizationVisit } from "../../route.ts";
import { By } from "../../ui/by.tsx";
import { Card, Copyable, When } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { bodyOf, type PastEvent } from "../audit/log.ts";
import { eventWords } from "./event-words.ts";
import type { Names } from "./names.ts";

/** Everything that the log says about one transaction, oldest first. */
export function Timeline({
  visit,
  events,
  names,
  asOf,
  erase,
}: {
  readonly visit: OrganizationVisit;
  readonly events: readonly PastEvent[];
  readonly names: Names;
  readonly asOf: number;
  /** Where its personal data can be erased; null for those who may not. */
  readonly erase: string | null;
}) {
  return (
    <Card
      id="history"
      live
      title="What happened"
      hint={`From the log, as of event ${asOf}. It follows what you do within seconds.`}
      actions={erase === null || events.length === 0 ? undefined : <a href={erase}>Erase personal data</a>}
    >
      {events.length === 0 ? (
        <p class="soft">The log is just being written. It shows here in a moment.</p>
      ) : (
        <ol class="events-line">
          {events.map((event) => (
            <Step visit={visit} event={event} names={names} />
          ))}
        </ol>
      )}
    </Card>
  );
}

function Step({
  visit,
  event,
  names,
}: {
  readonly visit: OrganizationVisit;
  readonly event: PastEvent;
  readonly names: Names;
}) {
  const { title, tone, lines, said, ids } = eventWords(event);
  const actor = bodyOf(event)?.actor;
  return (
    <li class={tone}>
      <p>
        <strong>{title}</strong>
      </p>
      <p class="hint">
        <When at={event.at} now={visit.now} timezone={visit.organization.timezone} exact />
        {actor === undefined ? null : (
          <>
            {" · "}
            <By actor={actor} names={names} />
          </>
        )}
        {" · "}
        <a href={`${visit.base}/audit/event?seq=${event.seq}`}>{`event ${event.seq}`}</a>
      </p>
      {lines.map((line) => (
        <p class="said">{line}</p>
      ))}
      {said.map(({ who, text }) => (
        <blockquote class="words">
          <span class="tag">{who}</span>
          <bdi>{plain(text)}</bdi>
        </blockquote>
      ))}
      {ids.map(({ label, text }) => (
        <p class="said">
          {label}: <Copyable text={plain(text)} label={label} />
        </p>
      ))}
    </li>
  );
}
