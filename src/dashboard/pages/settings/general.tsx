import { LIMITS } from "../../../limits.ts";
import { redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Form, FormErrors, Input, Submit } from "../../ui/form.tsx";
import { Badge, Card, Copyable, Facts, LinkButton, When } from "../../ui/parts.tsx";
import { TimeZoneField } from "../../ui/time-zone.tsx";
import { plain } from "../../ui/words.ts";
import { settingsPage } from "./frame.tsx";
import { errorsOn } from "./refused.tsx";

export async function generalPage(visit: OrganizationVisit): Promise<Response> {
  const { name, timezone } = await visit.api.get("getOrganization");
  return page(visit, null, { name, timezone });
}

export async function saveGeneral(visit: OrganizationVisit): Promise<Response> {
  const values = { name: visit.form.text("name"), timezone: visit.form.text("timezone") };
  const saved = await visit.api.call("updateOrganization", { body: values });
  if (!saved.ok) return page(visit, saved, values);
  return redirect(`${visit.base}/settings`, { done: "organization_saved" });
}

async function page(
  visit: OrganizationVisit,
  refusal: ApiRefusal | null,
  values: { readonly name: string; readonly timezone: string },
): Promise<Response> {
  const { fields: errors, above } = errorsOn(visit.form, refusal);
  const { id, mode, region, created_at, frozen } = await visit.api.get("getOrganization");
  const { now, organization } = visit;
  return settingsPage(
    visit,
    { part: "general", title: "General settings", status: refusal?.status ?? 200 },
    <>
      <FormErrors above={above} fields={errors} />
      <Card title="Organization">
        {mayManage(organization) ? (
          <Form visit={visit} class="stack">
            <Input
              name="name"
              label="Name"
              value={values.name}
              required
              maxlength={LIMITS.nameChars}
              hint="Members and approvers see it."
              errors={errors}
            />
            <TimeZoneField
              value={values.timezone}
              hint="Days and months of the organization's budgets begin in it, and pages show times in it. A change carries over what the current period has used: it never hands out budget. Mandates have time zones of their own."
              errors={errors}
            />
            <div>
              <Submit>Save</Submit>
            </div>
          </Form>
        ) : (
          <Facts
            items={[
              ["Name", <bdi>{plain(values.name)}</bdi>],
              ["Time zone", plain(values.timezone)],
            ]}
          />
        )}
      </Card>
      <Spending base={visit.base} frozen={frozen} />
      <Card title="What stays as it is">
        <Facts
          items={[
            ["Organization id", <Copyable text={id} label="the id" />],
            [
              "Mode",
              mode === "test"
                ? "Test: no real money moves. For live spending, make a second organization"
                : "Live: real money. A test organization is the place to try things out",
            ],
            ["Region", region === "eu" ? "European Union" : "Near its first visitor"],
            ["Founded", <When at={created_at} now={now} timezone={organization.timezone} exact />],
          ]}
        />
      </Card>
    </>,
  );
}

const Spending = ({ base, frozen }: { readonly base: string; readonly frozen: boolean }) => (
  <Card
    title="Spending"
    hint="The switch for everything stands on the overview."
    actions={<LinkButton href={`${base}#freeze`}>{frozen ? "To allow it again" : "To the switch"}</LinkButton>}
  >
    <p>
      {frozen ? (
        <>
          <Badge tone="bad">Frozen</Badge> No agent can begin to spend anything.
        </>
      ) : (
        <>
          <Badge tone="good">On</Badge> Agents may spend, each within its mandate.
        </>
      )}
    </p>
  </Card>
);
