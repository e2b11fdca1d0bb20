import { LIMITS } from "../../../limits.ts";
import { organizationPage, redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Checks, Radios } from "../../ui/choices.tsx";
import { Form, FormErrors, fieldErrors, Input, NO_ERRORS, Submit } from "../../ui/form.tsx";
import { Card, Empty, PageHead, Table, When } from "../../ui/parts.tsx";
import { countWords, timeWords } from "../../ui/words.ts";
import { bodyOf, eventsAbout, eventsOfType, type PastEvent } from "./log.ts";

const REASONS = [
  {
    value: "personal_data",
    label: "Personal data",
    hint: "Somebody asked for it, or it should never have been there.",
  },
  { value: "secret", label: "A secret", hint: "A password or a key. Change it as well: erasing does not." },
  { value: "legal_obligation", label: "A legal obligation" },
  { value: "other", label: "Another reason" },
] as const;

/** GET: what can be erased of one subject, or one event. */
export const erasePage = (visit: OrganizationVisit): Promise<Response> => page(visit, null);

/** Erases what was ticked: all of it, or nothing. */
export async function erase(visit: OrganizationVisit): Promise<Response> {
  const { api, base, form } = visit;
  const events = form.all("events").map((text) => {
    const [seq = "", id = ""] = text.split(":", 2);
    return { seq: Number(seq), id };
  });
  const answer = await api.call("eraseEvents", { body: { events, reason: form.text("reason") } });
  if (!answer.ok) return page(visit, answer);
  return redirect(`${base}/audit/erase`, { done: "audit_erased" });
}

async function page(visit: OrganizationVisit, refusal: ApiRefusal | null): Promise<Response> {
  const { base, organization } = visit;
  const subject = asked(visit, "subject");
  const [events, earlier] = await Promise.all([
    chosen(visit, subject),
    eventsOfType(visit, organization.organization_id, "audit.erased"),
  ]);
  return organizationPage(
    visit,
    { title: "Erase", section: "audit", live: true, status: refusal?.status ?? 200 },
    <>
      <PageHead
        title="Erase what events say"
        lead="For good: the words are gone from Quetra's log, its statistics and its kept webhook messages. The digest stays, so the chain still verifies, and a new event says who erased what, and why."
        back={{ href: `${base}/audit`, label: "Audit" }}
      />
      {events.length === 0 ? (
        <Choose path={`${base}/audit/erase`} subject={subject} />
      ) : (
        <Choice visit={visit} events={events} subject={subject} refusal={refusal} />
      )}
      <Earlier visit={visit} events={earlier} />
    </>,
  );
}

/** The form carries what it was opened for, so that it can be shown again. */
const asked = ({ url, form }: OrganizationVisit, name: string): string =>
  (form.text(name) || url.searchParams.get(name) || "").trim();

async function chosen(visit: OrganizationVisit, subject: string): Promise<readonly PastEvent[]> {
  if (subject !== "") return (await eventsAbout(visit, subject)).filter(({ text }) => text !== null);
  const seq = asked(visit, "seq");
  if (!/^[1-9]\d{0,14}$/.test(seq)) return [];
  const query = { after_seq: Number(seq) - 1, limit: 1 };
  const [event] = (await visit.api.get("listEvents", { query })).data;
  if (event === undefined || event.seq !== Number(seq) || event.body === null) return [];
  return [{ ...event, at: Date.parse(event.at), text: JSON.stringify(event.body) }];
}

function Choose({ path, subject }: { readonly path: string; readonly subject: string }) {
  return (
    <Card title="Whose events?">
      <form method="get" action={path} class="form">
        <Input
          name="subject"
          label="Id of a transaction, an agent or a mandate"
          value={subject}
          placeholder="txn_…"
          maxlength={64}
          hint={
            subject === ""
              ? "You find it on its page."
              : "There is nothing to erase under this id, or nothing any more."
          }
        />
        <Submit kind="plain">Show its events</Submit>
      </form>
    </Card>
  );
}

function Choice({
  visit,
  events,
  subject,
  refusal,
}: {
  readonly visit: OrganizationVisit;
  readonly events: readonly PastEvent[];
  readonly subject: string;
  readonly refusal: ApiRefusal | null;
}) {
  const { base, form, organization } = visit;
  const { fields, above } =
    refusal === null
      ? { fields: NO_ERRORS, above: [] }
      : fieldErrors(refusal, (pointer) => pointer.slice(1).split("/", 1)[0]);
  const seq = refusal?.problem.seq;
  const which = typeof seq === "number" ? [`It is about event ${seq}.`] : [];
  return (
    <Card title="Choose what to erase" tone="bad">
      <Form visit={visit} action={`${base}/audit/erase`} class="form">
        <FormErrors above={above.length === 0 ? [] : [...above, ...which]} fields={fields} />
        <input type="hidden" name="subject" value={subject} />
        <input type="hidden" name="seq" value={asked(visit, "seq")} />
        <Checks
          name="events"
          label="Events"
          hint={`At most ${LIMITS.erasedPerCall} at once. Erasing events of a transaction also clears the agent's reason and metadata and the approver's note.`}
          values={refusal === null ? events.map(choiceOf) : form.all("events")}
          choices={events.map((event) => ({
            value: choiceOf(event),
            label: event.type,
            hint: `Event ${event.seq}, ${timeWords(event.at, organization.timezone)}`,
          }))}
          errors={fields}
        />
        <Radios name="reason" label="Why?" value={form.text("reason")} choices={REASONS} errors={fields} />
        <details class="confirm">
          <summary class="button danger-quiet">Erase for good</summary>
          <div class="confirm-box">
            <p>
              Nobody can bring this back, not even the operator. Webhooks and mails that were sent are out of reach.
            </p>
            <Submit kind="danger">Yes, erase it</Submit>
          </div>
        </details>
      </Form>
    </Card>
  );
}

const choiceOf = ({ seq, id }: PastEvent): string => `${seq}:${id}`;

interface Erased {
  readonly reason?: string;
  readonly erased?: readonly { readonly seq: number; readonly type: string }[];
}

function Earlier({ visit, events }: { readonly visit: OrganizationVisit; readonly events: readonly PastEvent[] }) {
  const { base, now, organization } = visit;
  return (
    <Card title="Earlier erasures" id="erasures" live flush>
      {events.length === 0 ? (
        <Empty icon="chain" title="Nothing was erased">
          Each erasure is listed here, with its reason.
        </Empty>
      ) : (
        <Table
          caption="Earlier erasures, newest first"
          columns={["When", "Why", "What", { label: "Event", end: true }]}
        >
          {events.map((event) => {
            const { reason = "", erased = [] } = (bodyOf(event)?.data ?? {}) as Erased;
            return (
              <tr>
                <th scope="row">
                  <When at={event.at} now={now} timezone={organization.timezone} exact />
                </th>
                <td data-label="Why">{REASONS.find(({ value }) => value === reason)?.label ?? reason}</td>
                <td data-label="What">{countWords(erased.length, "event")}</td>
                <td class="end" data-label="Event">
                  <a href={`${base}/audit/event?seq=${event.seq}`}>{`Event ${event.seq}`}</a>
                </td>
              </tr>
            );
          })}
        </Table>
      )}
    </Card>
  );
}
