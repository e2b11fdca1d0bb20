import type { AnswerOf } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Card, Facts } from "../../ui/parts.tsx";
import { labelWords, plain } from "../../ui/words.ts";
import {
  fieldsOf,
  type Merchants,
  PROFILE_LABELS,
  type Profile,
  type ProfileField,
  type ProfileValues,
  valuesOf,
} from "./profile-values.ts";

/** For those who only look. Who buys and where goods go is for owners and admins, and the operation leaves it out. */
export function ProfileFacts({ profile, merchants }: { readonly profile: Profile; readonly merchants: Merchants }) {
  const values = valuesOf(profile.kind, profile);
  const shown = fieldsOf(profile.kind).filter((name) => !isPersonal(name) && values.text(name) !== "");
  return (
    <Card title="What it says">
      <Facts
        items={[
          profile.kind === "acp" ? ["Merchants", <bdi>{plain(merchantWords(values, merchants))}</bdi>] : null,
          ...shown.map((name) => [PROFILE_LABELS[name], <bdi>{plain(fieldWords(name, values))}</bdi>] as const),
          profile.kind === "acp" ? ["Buyer and address", "For owners and admins only"] : null,
        ]}
      />
    </Card>
  );
}

const fieldWords = (name: ProfileField, values: ProfileValues): string =>
  name === "delivery" ? labelWords(values.text(name)) : values.text(name);

const isPersonal = (name: ProfileField): boolean => /^(?:buyer|address)\./.test(name);

const merchantWords = (values: ProfileValues, merchants: Merchants): string =>
  values.merchants.map((id) => merchants.find((one) => one.id === id)?.name ?? "one that was removed").join(", ");

/** What stands there now beside what was typed, field by field. */
export function comparedFields(profile: Profile, typed: ProfileValues, merchants: Merchants) {
  const now = valuesOf(profile.kind, profile);
  const fields = fieldsOf(profile.kind).map((name) => ({
    label: PROFILE_LABELS[name],
    now: fieldWords(name, now),
    typed: fieldWords(name, typed),
  }));
  if (profile.kind === "stripe") return fields;
  const chosen = { label: "Merchants", now: merchantWords(now, merchants), typed: merchantWords(typed, merchants) };
  return [chosen, ...fields];
}

/** What a change of the profile touches. */
export function UsedBy({
  visit,
  name,
  mandates,
}: {
  readonly visit: OrganizationVisit;
  readonly name: string;
  readonly mandates: AnswerOf<"listMandates">["data"];
}) {
  const using = mandates.filter(({ terms }) => Array.isArray(terms.profiles) && terms.profiles.includes(name));
  return (
    <Card title="Mandates that list it">
      {using.length === 0 ? (
        <p class="hint">No active one. List it in a mandate, so that its agent may use it.</p>
      ) : (
        <ul class="rows">
          {using.map(({ id, terms }) => (
            <li>
              <a href={`${visit.base}/mandates/${id}`}>
                <bdi>{plain(String(terms.name))}</bdi>
              </a>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
