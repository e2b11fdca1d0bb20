import { publicUrl } from "../../../public-url.ts";
import { organizationPage } from "../../answer.tsx";
import type { AnswerOf } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Connect } from "../../ui/connect.tsx";
import { mcpUrl } from "../../ui/connect-snippets.ts";
import { Card, Copyable, LinkButton, Notice, PageHead, When } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";

type NewKey = AnswerOf<"createKey">;

/**
 * The one page that shows a key. It answers the form itself: no address leads here, so neither history nor logs nor a
 * later visit can bring it back.
 *
 * @param oldUntil Of a rotation: until when the key before works beside this one.
 */
export function newKeyPage(visit: OrganizationVisit, made: NewKey, oldUntil: string | null): Response {
  const { base, now, organization, scope } = visit;
  const origin = publicUrl(scope.env);
  const spend = made.role === "spend";
  return organizationPage(
    visit,
    { title: "Your new key", section: "keys" },
    <>
      <PageHead
        title="Your new key"
        lead={<bdi>{plain(made.name)}</bdi>}
        back={{ href: `${base}/keys`, label: "API keys" }}
      />
      <Notice tone="warn">
        <strong>This is the only time you see it.</strong> We keep no copy. Put it where it belongs before you leave
        this page; if it gets lost, revoke it and make another.
      </Notice>
      {oldUntil === null ? null : (
        <Notice tone="info">
          The key before works until <When at={oldUntil} now={now} timezone={organization.timezone} exact />. Change
          over before then.
        </Notice>
      )}
      <Card
        title={spend ? "The URL for your client" : "The key"}
        hint={
          spend
            ? "It holds the key. Whoever has it can ask and spend within the mandates, and nothing else."
            : "Send it as Authorization: Bearer, never inside a URL."
        }
      >
        <Copyable block text={spend ? mcpUrl(origin, made.key) : made.key} label={spend ? "the URL" : "the key"} />
        {spend ? (
          <>
            <p class="hint">The key alone:</p>
            <Copyable block text={made.key} label="the key" />
          </>
        ) : (
          <>
            <p class="hint">For example:</p>
            <Copyable
              block
              text={`curl ${origin}/api/v1/${EXAMPLES[made.role]} -H "Authorization: Bearer ${made.key}"`}
              label="the example"
            />
          </>
        )}
      </Card>
      {spend ? (
        <Card title="Connect a client" hint="Choose yours: the text is ready, with the key in it.">
          <Connect origin={origin} apiKey={made.key} />
        </Card>
      ) : null}
      <div class="actions">
        <LinkButton href={spend ? `${base}/transactions` : `${base}/keys`} kind="main">
          {spend ? "I have put it in place: show what it spends" : "I have put it in place"}
        </LinkButton>
      </div>
    </>,
  );
}

/** Something that each role may ask for. */
const EXAMPLES = { spend: "can-spend", read: "transactions", approve: "approvals", admin: "agents" } as const;
