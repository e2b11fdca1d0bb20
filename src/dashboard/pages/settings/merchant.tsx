import { redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Confirm, type FieldErrors, Form, FormErrors, Input, Submit } from "../../ui/form.tsx";
import { Card, Copyable, Facts, LinkButton, When } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { settingsPage } from "./frame.tsx";
import { HookFacts } from "./hook-facts.tsx";
import {
  type Merchant,
  MerchantFields,
  type MerchantValues,
  merchantBody,
  merchantValues,
  merchantWords,
  typedMerchant,
} from "./merchant-fields.tsx";
import { errorsOn, isOvertaken, Overtaken } from "./refused.tsx";

export const newMerchantPage = (visit: OrganizationVisit): Response => page(visit, null, merchantValues(null), null);

export async function createMerchant(visit: OrganizationVisit): Promise<Response> {
  const { api, base, form } = visit;
  const made = await api.call("createMerchant", { body: { ...merchantBody(form), bearer: form.text("bearer") } });
  if (!made.ok) return page(visit, null, typedMerchant(form), made);
  return redirect(`${base}/settings/merchants/${made.body.id}`, { done: "merchant_added" });
}

export const merchantPage = (visit: OrganizationVisit): Promise<Response> => asItIs(visit, null);

export async function saveMerchant(visit: OrganizationVisit): Promise<Response> {
  const { api, form } = visit;
  const bearer = form.optional("bearer");
  const saved = await api.call("replaceMerchant", {
    params: paramsOf(visit),
    body: { ...merchantBody(form), ...(bearer === undefined ? {} : { bearer }) },
    if_match: form.text("version"),
  });
  if (!saved.ok) return page(visit, await read(visit), typedMerchant(form), saved);
  return redirect(pathOf(visit), { done: "merchant_saved" });
}

export async function saveMerchantHook(visit: OrganizationVisit): Promise<Response> {
  const body = { secret: visit.form.text("secret") };
  const saved = await visit.api.call("setMerchantHookSecret", { params: paramsOf(visit), body });
  return saved.ok ? redirect(pathOf(visit), { done: "hook_saved" }) : asItIs(visit, saved);
}

export async function deleteMerchant(visit: OrganizationVisit): Promise<Response> {
  const removed = await visit.api.call("deleteMerchant", { params: paramsOf(visit) });
  return removed.ok
    ? redirect(`${visit.base}/settings/merchants`, { done: "merchant_removed" })
    : asItIs(visit, removed);
}

const paramsOf = ({ params }: OrganizationVisit) => ({ merchant_id: params.merchant_id ?? "" });
const pathOf = ({ base, params }: OrganizationVisit) => `${base}/settings/merchants/${params.merchant_id ?? ""}`;
const read = (visit: OrganizationVisit): Promise<Merchant> => visit.api.get("getMerchant", { params: paramsOf(visit) });

async function asItIs(visit: OrganizationVisit, refusal: ApiRefusal | null): Promise<Response> {
  const merchant = await read(visit);
  return page(visit, merchant, merchantValues(merchant), refusal);
}

/** @param merchant Null: it is to be added. */
function page(
  visit: OrganizationVisit,
  merchant: Merchant | null,
  values: MerchantValues,
  refusal: ApiRefusal | null,
): Response {
  const { fields: errors, above } = errorsOn(visit.form, refusal);
  const { base, organization } = visit;
  const manage = mayManage(organization);
  return settingsPage(
    visit,
    {
      part: "merchants",
      title: merchant === null ? "Add a merchant" : plain(merchant.name),
      status: refusal?.status ?? 200,
      back: { href: `${base}/settings/merchants`, label: "Merchants" },
    },
    <>
      {merchant !== null && isOvertaken(refusal) ? (
        <Overtaken what="The merchant" fields={compared(merchantValues(merchant), values)} />
      ) : (
        <FormErrors above={above} fields={errors} />
      )}
      {manage ? (
        <Edit visit={visit} merchant={merchant} values={values} errors={errors} overtaken={isOvertaken(refusal)} />
      ) : (
        <Card title="Merchant">
          <Facts items={merchantWords(values).map(([label, words]) => [label, <bdi>{plain(words)}</bdi>])} />
        </Card>
      )}
      {merchant === null ? null : (
        <>
          <Events visit={visit} merchant={merchant} manage={manage} errors={errors} />
          <About visit={visit} merchant={merchant} manage={manage} />
        </>
      )}
    </>,
  );
}

function compared(now: MerchantValues, typed: MerchantValues) {
  const words = merchantWords(typed);
  return merchantWords(now).map(([label, text], at) => ({ label, now: text, typed: words[at]?.[1] ?? "" }));
}

const Edit = ({
  visit,
  merchant,
  values,
  errors,
  overtaken,
}: {
  readonly visit: OrganizationVisit;
  readonly merchant: Merchant | null;
  readonly values: MerchantValues;
  readonly errors: FieldErrors;
  readonly overtaken: boolean;
}) => (
  <Form visit={visit} action={`${visit.base}/settings/merchants/${merchant?.id ?? "new"}`} class="stack">
    {merchant === null ? null : <input type="hidden" name="version" value={String(merchant.version)} />}
    <Card>
      <MerchantFields values={values} merchant={merchant} errors={errors} />
    </Card>
    <div class="actions">
      <Submit>{merchant === null ? "Add the merchant" : overtaken ? "Save mine instead" : "Save"}</Submit>
      <LinkButton href={`${visit.base}/settings/merchants`}>Cancel</LinkButton>
    </div>
  </Form>
);

const Events = ({
  visit,
  merchant,
  manage,
  errors,
}: {
  readonly visit: OrganizationVisit;
  readonly merchant: Merchant;
  readonly manage: boolean;
  readonly errors: FieldErrors;
}) => (
  <Card
    title="Its order events"
    hint="Signed by the merchant. They wake the service up; refunds alone are booked on its word."
  >
    <HookFacts visit={visit} hook={merchant.hook} />
    {manage ? (
      <Form visit={visit} action={`${visit.base}/settings/merchants/${merchant.id}/hook`} class="stack">
        <Input
          name="secret"
          label={merchant.hook.secret_set ? "Another signing secret" : "Signing secret"}
          type="password"
          required
          hint="16 to 255 characters. Sealed on arrival, and never shown again."
          errors={errors}
        />
        <div>
          <Submit kind="plain">Save the secret</Submit>
        </div>
      </Form>
    ) : null}
  </Card>
);

const About = ({
  visit,
  merchant,
  manage,
}: {
  readonly visit: OrganizationVisit;
  readonly merchant: Merchant;
  readonly manage: boolean;
}) => (
  <Card title="Facts">
    <Facts
      items={[
        ["Id", <Copyable text={merchant.id} label="the id" />],
        ["Bearer", `ends in ${merchant.bearer_last4}, sealed with ${merchant.key_version}`],
        ["Changed", <When at={merchant.updated_at} now={visit.now} timezone={visit.organization.timezone} exact />],
      ]}
    />
    {manage ? (
      <Confirm
        visit={visit}
        action={`${visit.base}/settings/merchants/${merchant.id}/delete`}
        label="Remove the merchant"
        question="Nothing new is bought there then, not even by agents whose profiles still list it."
      />
    ) : null}
  </Card>
);
