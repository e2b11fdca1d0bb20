import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Badge, Card, Empty, LinkButton } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { settingsPage } from "./frame.tsx";

/** The merchants that agents can buy from. */
export async function merchantsPage(visit: OrganizationVisit): Promise<Response> {
  const { data } = await visit.api.get("listMerchants");
  const { base, organization } = visit;
  const add = mayManage(organization) ? (
    <LinkButton href={`${base}/settings/merchants/new`} kind="main">
      Add a merchant
    </LinkButton>
  ) : undefined;
  return settingsPage(
    visit,
    {
      part: "merchants",
      title: "Merchants",
      lead: "Shops that speak the Agentic Commerce Protocol. Agents buy only from those that stand here and in a profile of their mandate.",
    },
    data.length === 0 ? (
      <Empty icon="list" title="No merchant yet" action={add}>
        A merchant gives you a bearer token and its Stripe profile. With both, agents can order there, and each order is
        paid by a token that Stripe holds to exactly its total.
      </Empty>
    ) : (
      <Card title="Merchants" actions={add}>
        <ul class="rows">
          {data.map(({ id, name, url, hook }) => (
            <li>
              <div>
                <a class="strong" href={`${base}/settings/merchants/${id}`}>
                  <bdi>{plain(name)}</bdi>
                </a>
                <p class="hint">
                  <bdi>{plain(url)}</bdi>
                </p>
              </div>
              {hook.secret_set ? <Badge tone="good">Sends events</Badge> : <Badge>No events</Badge>}
            </li>
          ))}
        </ul>
      </Card>
    ),
  );
}
