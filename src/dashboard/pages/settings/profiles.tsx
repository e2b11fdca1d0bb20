import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Badge, Card, Empty, LinkButton } from "../../ui/parts.tsx";
import { countWords, plain } from "../../ui/words.ts";
import { settingsPage } from "./frame.tsx";
import { KIND_WORDS } from "./profile-values.ts";

/** The profiles that mandates can list. */
export async function profilesPage(visit: OrganizationVisit): Promise<Response> {
  const { data } = await visit.api.get("listProfiles");
  const { base, organization } = visit;
  const add = mayManage(organization) ? (
    <div class="row">
      <LinkButton href={`${base}/settings/profiles/new/stripe`}>Add a card</LinkButton>
      <LinkButton href={`${base}/settings/profiles/new/acp`}>Add one for merchants</LinkButton>
    </div>
  ) : undefined;
  return settingsPage(
    visit,
    {
      part: "profiles",
      title: "Payment profiles",
      lead: "Whose card, which merchants, where goods go. A mandate lists the profiles that its agent may use; the agent can only name one.",
    },
    data.length === 0 ? (
      <Empty icon="shield" title="No profile yet" action={add}>
        An agent never chooses a card, a customer or an address. You write them into a profile, and its mandate names
        the profile.
      </Empty>
    ) : (
      <Card title="Profiles" actions={add}>
        <ul class="rows">
          {data.map((profile) => (
            <li>
              <div>
                <a class="strong" href={`${base}/settings/profiles/${profile.name}`}>
                  {profile.name}
                </a>
                <p class="hint">
                  {profile.kind === "stripe" ? (
                    <bdi>{plain(profile.vendor)}</bdi>
                  ) : (
                    `${countWords(profile.merchants.length, "merchant")}, ${profile.delivery} delivery`
                  )}
                </p>
              </div>
              <Badge>{KIND_WORDS[profile.kind].title}</Badge>
            </li>
          ))}
        </ul>
      </Card>
    ),
  );
}
