import { redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Confirm, Form, FormErrors, Submit } from "../../ui/form.tsx";
import { Card, Empty, LinkButton } from "../../ui/parts.tsx";
import { settingsPage } from "./frame.tsx";
import { AcpFields, StripeFields } from "./profile-fields.tsx";
import { comparedFields, ProfileFacts, UsedBy } from "./profile-shown.tsx";
import {
  bodyOf,
  KIND_WORDS,
  type Kind,
  type Profile,
  type ProfileValues,
  typedValues,
  valuesOf,
} from "./profile-values.ts";
import { errorsOn, isOvertaken, Overtaken } from "./refused.tsx";

export const newProfilePage =
  (kind: Kind) =>
  (visit: OrganizationVisit): Promise<Response> =>
    page(visit, null, valuesOf(kind, null), null);

export const createProfile =
  (kind: Kind) =>
  async (visit: OrganizationVisit): Promise<Response> => {
    const body = { name: visit.form.text("name"), ...bodyOf(kind, visit.form) };
    const made = await visit.api.call("createProfile", { body });
    if (!made.ok) return page(visit, null, typedValues(kind, visit.form), atItsName(made));
    return redirect(`${visit.base}/settings/profiles/${made.body.name}`, { done: "profile_added" });
  };

/** That a name is taken is about the field with the name. */
const atItsName = (refusal: ApiRefusal): ApiRefusal =>
  refusal.code === "profile_exists"
    ? { ...refusal, errors: [{ pointer: "/name", message: "There is a profile with this name already." }] }
    : refusal;

export async function profilePage(visit: OrganizationVisit): Promise<Response> {
  const profile = await read(visit);
  return page(visit, profile, valuesOf(profile.kind, profile), null);
}

export async function saveProfile(visit: OrganizationVisit): Promise<Response> {
  const { kind, name } = await read(visit);
  const saved = await visit.api.call("replaceProfile", {
    params: { profile_name: name },
    body: bodyOf(kind, visit.form),
    if_match: visit.form.text("version"),
  });
  if (!saved.ok) return page(visit, await read(visit), typedValues(kind, visit.form), saved);
  return redirect(`${visit.base}/settings/profiles/${name}`, { done: "profile_saved" });
}

export async function deleteProfile(visit: OrganizationVisit): Promise<Response> {
  const profile = await read(visit);
  const removed = await visit.api.call("deleteProfile", { params: { profile_name: profile.name } });
  if (!removed.ok) return page(visit, profile, valuesOf(profile.kind, profile), removed);
  return redirect(`${visit.base}/settings/profiles`, { done: "profile_removed" });
}

const read = (visit: OrganizationVisit): Promise<Profile> =>
  visit.api.get("getProfile", { params: { profile_name: visit.params.profile_name ?? "" } });

/** @param profile Null: it is to be added. */
async function page(
  visit: OrganizationVisit,
  profile: Profile | null,
  values: ProfileValues,
  refusal: ApiRefusal | null,
): Promise<Response> {
  const { base, organization } = visit;
  const { kind } = values;
  const { data: merchants } = kind === "acp" ? await visit.api.get("listMerchants") : { data: [] };
  const { fields: errors, above } = errorsOn(visit.form, refusal, { more: merchants.length > 0 ? ["merchants"] : [] });
  // Always named: this page also answers at the address that deletes.
  const path = `${base}/settings/profiles/${profile?.name ?? `new/${kind}`}`;
  const manage = mayManage(organization);
  const overtaken = profile !== null && isOvertaken(refusal);
  return settingsPage(
    visit,
    {
      part: "profiles",
      title: profile?.name ?? `New profile: ${KIND_WORDS[kind].title.toLowerCase()}`,
      lead: KIND_WORDS[kind].words,
      status: refusal?.status ?? 200,
      back: { href: `${base}/settings/profiles`, label: "Profiles" },
    },
    <>
      {overtaken ? (
        <Overtaken what="The profile" fields={comparedFields(profile, values, merchants)} />
      ) : (
        <FormErrors above={above} fields={errors} />
      )}
      {profile !== null && !manage ? (
        <ProfileFacts profile={profile} merchants={merchants} />
      ) : profile === null && kind === "acp" && merchants.length === 0 ? (
        <NoMerchant base={base} />
      ) : (
        <Form visit={visit} action={path} class="stack">
          {profile === null ? null : <input type="hidden" name="version" value={String(profile.version)} />}
          {kind === "stripe" ? (
            <StripeFields values={values} isNew={profile === null} errors={errors} />
          ) : (
            <AcpFields values={values} isNew={profile === null} merchants={merchants} errors={errors} />
          )}
          <div class="actions">
            <Submit>{profile === null ? "Add the profile" : overtaken ? "Save mine instead" : "Save"}</Submit>
            <LinkButton href={`${base}/settings/profiles`}>Cancel</LinkButton>
          </div>
        </Form>
      )}
      {profile === null ? null : <UsedBy visit={visit} name={profile.name} mandates={await mandates(visit)} />}
      {profile === null || !manage ? null : (
        <Card title="Remove">
          <Confirm
            visit={visit}
            action={`${path}/delete`}
            label="Remove the profile"
            question="Agents whose mandates list it can pay nothing new with it then. Open purchases are still brought to their end."
          />
        </Card>
      )}
    </>,
  );
}

/** The newest of those in force: enough to see what a change touches. */
async function mandates(visit: OrganizationVisit) {
  const { data } = await visit.api.get("listMandates", { query: { status: "active", limit: 100 } });
  return data;
}

const NoMerchant = ({ base }: { readonly base: string }) => (
  <Empty
    icon="list"
    title="First a merchant"
    action={
      <LinkButton href={`${base}/settings/merchants/new`} kind="main">
        Add a merchant
      </LinkButton>
    }
  >
    Such a profile says which merchants an agent may buy from, and there is none yet.
  </Empty>
);
