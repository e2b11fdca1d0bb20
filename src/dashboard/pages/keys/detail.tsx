import { LIMITS } from "../../../limits.ts";
import { publicUrl } from "../../../public-url.ts";
import { organizationPage, redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import { notFoundPage } from "../../errors.tsx";
import type { OrganizationVisit } from "../../route.ts";
import { Connect } from "../../ui/connect.tsx";
import { Confirm, Input, Select } from "../../ui/form.tsx";
import { Badge, Card, Copyable, Facts, PageHead, When } from "../../ui/parts.tsx";
import { Refused } from "../../ui/refused.tsx";
import { labelWords, plain } from "../../ui/words.ts";
import { allAgents, type KeyView } from "../agents/data.ts";
import { AgentsOf } from "./list.tsx";
import { newKeyPage } from "./shown-once.tsx";
import { KEY_TONES, roleHint, roleLabel } from "./words.ts";

export const showKey = (visit: OrganizationVisit): Promise<Response> => page(visit, null);

export async function revokeKey(visit: OrganizationVisit): Promise<Response> {
  const { api, base, form, params } = visit;
  const key_id = params.key_id ?? "";
  const body = { reason: form.optional("reason") };
  const revoked = await api.call("revokeKey", { params: { key_id }, body });
  return revoked.ok ? redirect(`${base}/keys/${key_id}`, { done: "key_revoked" }) : page(visit, revoked);
}

export async function rotateKey(visit: OrganizationVisit): Promise<Response> {
  const { api, form, params } = visit;
  const key_id = params.key_id ?? "";
  const body = { overlap_hours: form.number("overlap_hours") };
  const rotated = await api.call("rotateKey", { params: { key_id }, body });
  if (!rotated.ok) return page(visit, rotated);
  const old = (await api.get("listKeys")).data.find(({ id }) => id === key_id);
  return newKeyPage(visit, rotated.body, old?.status === "active" ? old.expires_at : null);
}

/** @param refusal Why what was just asked for here was not done. */
async function page(visit: OrganizationVisit, refusal: ApiRefusal | null): Promise<Response> {
  const { api, base, now, organization, params, scope } = visit;
  const { timezone } = organization;
  const key = (await api.get("listKeys")).data.find(({ id }) => id === params.key_id);
  if (key === undefined) return notFoundPage(visit);
  const agents = key.agents === null ? [] : await allAgents(api);
  const names = new Map(agents.map(({ id, name }) => [id, name]));
  const when = (at: string | null) => (at === null ? null : <When at={at} now={now} timezone={timezone} exact />);
  return organizationPage(
    visit,
    { title: plain(key.name), section: "keys", status: refusal?.status ?? 200 },
    <>
      <PageHead
        title={
          <>
            <bdi>{plain(key.name)}</bdi> <Badge tone={KEY_TONES[key.status]}>{labelWords(key.status)}</Badge>
          </>
        }
        lead={`${roleLabel(key.role)} key, ends with ${key.last4}`}
        back={{ href: `${base}/keys`, label: "API keys" }}
      />
      {refusal === null ? null : <Refused refusal={refusal} />}
      <Card title="Facts">
        <Facts
          items={[
            ["May", roleHint(key.role)],
            key.role === "spend" ? ["Agents", <AgentsOf agents={key.agents} role={key.role} names={names} />] : null,
            ["Id", <Copyable text={key.id} label="the id" />],
            ["Created", when(key.created_at)],
            ["Expires", when(key.expires_at) ?? "Never: it works until it is revoked"],
            key.revoked_at === null ? null : ["Revoked", when(key.revoked_at)],
            key.replaced_by === null
              ? null
              : ["Replaced by", <a href={`${base}/keys/${key.replaced_by}`}>the key that took over</a>],
          ]}
        />
      </Card>
      {key.status === "active" && key.role === "spend" ? (
        <Card
          title="Connect a client"
          hint="Put the key in place of YOUR_KEY. It was shown once, when it was made; if it is lost, rotate it."
        >
          <Connect origin={publicUrl(scope.env)} apiKey={null} />
        </Card>
      ) : null}
      {key.status === "active" ? <Actions visit={visit} keyView={key} /> : null}
    </>,
  );
}

const Actions = ({ visit, keyView }: { readonly visit: OrganizationVisit; readonly keyView: KeyView }) => (
  <Card title="Replace or revoke">
    <div class="action-list">
      {keyView.replaced_by === null ? (
        <Confirm
          visit={visit}
          action={`${visit.base}/keys/${keyView.id}/rotate`}
          kind="plain"
          label="Rotate"
          question="You get a new key that may do the same, shown once. The old one goes on for a while, so that you can change over without a gap."
          confirm="Make the new key"
        >
          <Select
            name="overlap_hours"
            label="The old key works for"
            value="24"
            choices={[
              { value: "24", label: "24 hours" },
              { value: "1", label: "One hour" },
              { value: "72", label: "3 days" },
              { value: String(LIMITS.keyRotationOverlapHours), label: "7 days" },
              { value: "0", label: "Not at all: it stops at once" },
            ]}
          />
        </Confirm>
      ) : null}
      <Confirm
        visit={visit}
        action={`${visit.base}/keys/${keyView.id}/revoke`}
        label="Revoke"
        question="From that moment it authorizes nothing: whoever uses it is refused, and it cannot be brought back. Purchases that are under way are still brought to their end."
        confirm="Revoke this key"
      >
        <Input name="reason" label="Reason" optional maxlength={LIMITS.reasonChars} hint="For the record." />
      </Confirm>
    </div>
  </Card>
);
