import { LIMITS } from "../../../limits.ts";
import type { Invitation, Membership } from "../../../people/api.ts";
import { plainPage } from "../../answer.tsx";
import type { PersonVisit } from "../../route.ts";
import { Badge, Card, Empty, LinkButton, PageHead, When } from "../../ui/parts.tsx";
import { roleWords } from "../../ui/roles.ts";
import { plain } from "../../ui/words.ts";

/** Whether this person may found (another) organization here. */
export const mayFound = ({ scope: { env } }: PersonVisit, mine: readonly Membership[]): boolean =>
  env.SIGN_UP === "open" && mine.length < LIMITS.organizationsPerPerson;

export async function organizationsPage(visit: PersonVisit): Promise<Response> {
  const { people, request, signedIn } = visit;
  const mine = await people.memberships(signedIn.person.id);
  const invitations = await people.invitationsFor(request);
  const founding = mayFound(visit, mine);
  return plainPage(
    visit,
    { title: "Organizations", wide: true },
    <>
      <PageHead title="Organizations" lead="Each has its own agents, limits, keys and members.">
        {founding ? (
          <LinkButton href="/dashboard/organizations/new" kind={mine.length === 0 ? "main" : "plain"}>
            New organization
          </LinkButton>
        ) : null}
      </PageHead>
      {invitations.length === 0 ? null : <Waiting visit={visit} invitations={invitations} />}
      {mine.length === 0 ? <Nowhere founding={founding} /> : <Mine mine={mine} />}
      {mine.length < LIMITS.organizationsPerPerson ? null : (
        <p class="hint">{`You are in ${LIMITS.organizationsPerPerson} organizations, which is as many as one person can be in.`}</p>
      )}
    </>,
  );
}

const Mine = ({ mine }: { readonly mine: readonly Membership[] }) => (
  <ul class="tiles">
    {mine.map(({ organization_id, organization_name, mode, role, frozen }) => (
      <li>
        <a class="tile" href={`/dashboard/${organization_id}`}>
          <span class="tile-name">
            <bdi>{plain(organization_name)}</bdi>
          </span>
          <span class="row">
            <span class={`mode ${mode}`}>{mode === "test" ? "Test mode" : "Live"}</span>
            <span class="soft">{roleWords(role)}</span>
            {frozen ? <Badge tone="info">Frozen</Badge> : null}
          </span>
        </a>
      </li>
    ))}
  </ul>
);

const Waiting = ({
  visit,
  invitations,
}: {
  readonly visit: PersonVisit;
  readonly invitations: readonly Invitation[];
}) => (
  <Card title="Invitations" hint="They wait for your answer." tone="info">
    <ul class="rows">
      {invitations.map(({ id, organization_name, role, inviter_name, expires_at }) => (
        <li>
          <div>
            <strong>
              <bdi>{plain(organization_name)}</bdi>
            </strong>
            <p class="hint">
              {`${roleWords(role)} · from `}
              <bdi>{plain(inviter_name)}</bdi>
              {" · ends "}
              <When at={expires_at} now={visit.now} timezone="UTC" />
            </p>
          </div>
          <LinkButton href={`/dashboard/invitations/${id}`} kind="main">
            Answer<span class="hidden"> the invitation</span>
          </LinkButton>
        </li>
      ))}
    </ul>
  </Card>
);

const Nowhere = ({ founding }: { readonly founding: boolean }) => (
  <Card>
    <Empty
      icon="home"
      title="You are in no organization yet"
      action={
        founding ? (
          <LinkButton href="/dashboard/organizations/new" kind="main">
            Create an organization
          </LinkButton>
        ) : null
      }
    >
      {founding
        ? "An organization holds your agents and what they may spend. Create one, or ask somebody to invite you to theirs."
        : "This service takes people in by invitation. Ask an owner or admin of your organization to invite the address that you signed in with."}
    </Empty>
  </Card>
);
