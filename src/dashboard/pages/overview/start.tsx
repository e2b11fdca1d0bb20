import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Card, LinkButton } from "../../ui/parts.tsx";
import { Steps } from "../../ui/steps.tsx";
import { LATEST, type OverviewData } from "./data.ts";

/** An organization that has not spent anything is led there; each step ticks itself off by what is really there. */
const isStarting = ({ latest, statistics }: OverviewData): boolean =>
  latest.length < LATEST && statistics.spending.length === 0 && !latest.some(({ status }) => SPENT.has(status));

const SPENT: ReadonlySet<string> = new Set(["authorized", "executing", "unknown", "completed", "refunded"]);

export function GetStarted({ visit, data }: { readonly visit: OrganizationVisit; readonly data: OverviewData }) {
  if (!isStarting(data)) return <div id="start" data-live />;
  const { base, organization } = visit;
  const agent = data.agents[0];
  const limits = data.mandates.data.length > 0;
  const asked = data.latest.length > 0;
  if (!mayManage(organization)) {
    return (
      <Card id="start" live title="Nothing has been spent yet">
        <p class="soft">
          An owner or an admin sets up agents, their limits and their keys. You will see here what they do.
        </p>
      </Card>
    );
  }
  return (
    <Card
      id="start"
      live
      title="Your first purchase in five steps"
      hint="It takes a few minutes. In test mode no real money can move."
    >
      <Steps
        label="Get started"
        steps={[
          {
            title: "Create an agent",
            text: "An agent is whoever spends: an assistant, a script, a job. Give it a name that says what it buys.",
            done: agent !== undefined,
            action: (
              <LinkButton kind="main" href={`${base}/agents/new`}>
                Create an agent
              </LinkButton>
            ),
          },
          {
            title: "Set its limits",
            text: "A mandate says how much, how often, with whom, and when a person is asked. Without one the agent can spend nothing.",
            done: limits,
            action: (
              <LinkButton
                kind="main"
                href={`${base}/mandates/new${agent === undefined ? "" : `?agent_id=${agent.id}`}`}
              >
                Write a mandate
              </LinkButton>
            ),
          },
          {
            title: "Create a key",
            text: "The agent shows it with every call. It can spend within the mandate and do nothing else.",
            done: data.hasSpendKey === true,
            action: (
              <LinkButton kind="main" href={`${base}/keys/new${agent === undefined ? "" : `?agent_id=${agent.id}`}`}>
                Create a key
              </LinkButton>
            ),
          },
          {
            title: "Paste the URL into Claude, or any other MCP client",
            text: "The key comes with one URL, ready to copy. This step is done as soon as the agent asks for something.",
            done: asked,
            action: (
              <LinkButton kind="main" href={agent === undefined ? `${base}/agents` : `${base}/agents/${agent.id}`}>
                How to connect
              </LinkButton>
            ),
          },
          {
            title: "See the first spend",
            text: "Ask the agent to buy something small. It appears here within seconds.",
            done: false,
          },
        ]}
      />
    </Card>
  );
}
