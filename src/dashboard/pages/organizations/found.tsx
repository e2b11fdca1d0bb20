import { createOrganization } from "../../../edge/create-organization.ts";
import { wordsOf } from "../../../edge/errors.ts";
import { createOrganizationBody } from "../../../edge/operator.ts";
import { validate } from "../../../edge/validation.ts";
import { newId } from "../../../keys/ids.ts";
import { isTimeZone } from "../../../policy/zone.ts";
import { redirect } from "../../answer.tsx";
import { NOT_REFUSED, type Refused, refusedBy } from "../../refused.ts";
import type { PersonVisit } from "../../route.ts";
import { Radios } from "../../ui/choices.tsx";
import { type Choice, Form, Input, Submit } from "../../ui/form.tsx";
import { LinkButton } from "../../ui/parts.tsx";
import { TimeZoneField } from "../../ui/time-zone.tsx";
import { entryPage } from "../sign-in/entry.tsx";
import { mayFound } from "./list.tsx";

interface Typed {
  readonly name: string;
  readonly mode: string;
  readonly timezone: string;
  readonly region: string;
}

export async function foundPage(visit: PersonVisit): Promise<Response> {
  const mine = await visit.people.memberships(visit.signedIn.person.id);
  if (!mayFound(visit, mine)) return closedPage(visit);
  const mode = mine.some((one) => one.mode === "test") ? "live" : "test";
  const typed = { name: "", mode, timezone: likelyZone(visit), region: "default" };
  return show(visit, typed, mine.length === 0, NOT_REFUSED);
}

export async function found(visit: PersonVisit): Promise<Response> {
  const { form, people, scope, signedIn } = visit;
  const mine = await people.memberships(signedIn.person.id);
  if (!mayFound(visit, mine)) return closedPage(visit);
  const first = mine.length === 0;
  // The first one is for learning: nothing that somebody tries out in it can cost money.
  const mode = first ? "test" : form.text("mode");
  const typed = { name: form.text("name"), mode, timezone: form.text("timezone"), region: form.text("region") };
  const input = validate(createOrganizationBody, { ...typed, region: typed.region || undefined }, "body");
  if (!input.ok) return show(visit, typed, first, refusedFields(wordsOf(input.error).errors ?? []));
  const begun = await people.beginFounding(signedIn.person.id);
  if (!begun.ok) return show(visit, typed, first, refusedBy(begun));
  const created = await createOrganization(scope, { ...input.value, keyless: true });
  if (!created.ok) {
    if (created.error.kind === "region_not_available") {
      const message = "This deployment does not offer that region.";
      return show(visit, typed, first, { status: 400, fields: new Map([["region", message]]), above: [] });
    }
    const { status, title, detail } = wordsOf(created.error);
    return show(visit, typed, first, { ...NOT_REFUSED, status, above: [detail ?? title] });
  }
  const { id } = created.value;
  await people.foundOrganization(id, input.value.name, signedIn.person.id);
  return redirect(`/dashboard/${id}`, { done: "organization_created" });
}

const refusedFields = (errors: readonly { readonly pointer: string; readonly message: string }[]): Refused => ({
  status: 400,
  fields: new Map(errors.map(({ pointer, message }) => [pointer.slice(1), message])),
  above: [],
});

const MODES: readonly Choice[] = [
  { value: "test", label: "Test", hint: "Pays with test money only: nothing real is ever spent." },
  { value: "live", label: "Live", hint: "Pays with real money. It shares nothing with your test organization." },
];
const REGIONS: readonly Choice[] = [
  { value: "default", label: "Nearest to you", hint: "The fastest." },
  { value: "eu", label: "European Union", hint: "Books and events are kept in the EU. This cannot be changed later." },
];

function show(visit: PersonVisit, typed: Typed, first: boolean, refused: Refused): Response {
  return entryPage(
    visit,
    {
      title: "New organization",
      heading: first ? "Name your organization" : "New organization",
      lead: "It holds your agents, and what they may spend.",
      refused,
      foot: (
        <p>
          {first ? "Do you expect an invitation? " : ""}
          <a href="/dashboard/organizations">{first ? "See whether it is there" : "Back to your organizations"}</a>
        </p>
      ),
    },
    <Form visit={visit} action="/dashboard/organizations/new" autocomplete="on">
      <Input
        name="name"
        label="Name"
        value={typed.name}
        autocomplete="organization"
        hint="Your company, your team, or yourself."
        required
        errors={refused.fields}
      />
      {first ? null : <Radios name="mode" label="Money" value={typed.mode} choices={MODES} errors={refused.fields} />}
      <TimeZoneField
        value={typed.timezone}
        hint="In it days and months begin, and with them new budgets."
        errors={refused.fields}
        guess={refused === NOT_REFUSED}
      />
      {offersRegions(visit) || refused.fields.has("region") ? (
        <Radios name="region" label="Where it lives" value={typed.region} choices={REGIONS} errors={refused.fields} />
      ) : null}
      {first ? (
        <p class="hint aside">
          It starts in <strong>test mode</strong>: agents pay with test money, so you can try everything out. When you
          are ready, create a second one that is live.
        </p>
      ) : null}
      <Submit>Create organization</Submit>
    </Form>,
  );
}

const closedPage = (visit: PersonVisit): Response =>
  entryPage(
    visit,
    {
      title: "No new organization",
      lead:
        visit.scope.env.SIGN_UP === "open"
          ? "You are in as many organizations as one person can be in. Leave one first."
          : "On this service whoever runs it creates organizations, and people join by invitation.",
      refused: { ...NOT_REFUSED, status: 403 },
    },
    <LinkButton href="/dashboard/organizations" kind="main">
      To your organizations
    </LinkButton>,
  );

/** workerd on its own knows no jurisdictions, and says so when one is asked for; nothing is made by asking. */
function offersRegions({ scope: { env, getStub } }: PersonVisit): boolean {
  try {
    getStub(env, newId("org"), 1);
    return true;
  } catch {
    return false;
  }
}

/** Where the platform believes that the browser is. */
function likelyZone({ request }: PersonVisit): string {
  const zone = (request as Request<unknown, IncomingRequestCfProperties>).cf?.timezone;
  return typeof zone === "string" && isTimeZone(zone) ? zone : "UTC";
}
