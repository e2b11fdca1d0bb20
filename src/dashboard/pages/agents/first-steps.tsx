import { Card, LinkButton } from "../../ui/parts.tsx";
import { Steps } from "../../ui/steps.tsx";
import { countWords, plain } from "../../ui/words.ts";
import type { AgentView, KeyView, MandateView } from "./data.ts";

/** Leads a new agent to its first purchase. Gone as soon as it has asked for one. */
export const FirstSteps = ({
  base,
  agent,
  mandate,
  keys,
}: {
  readonly base: string;
  readonly agent: AgentView;
  readonly mandate: MandateView | undefined;
  readonly keys: readonly KeyView[];
}) => (
  <Card title="Three steps to its first purchase" id="first-steps" live>
    <Steps
      label="Steps to the first purchase"
      steps={[
        {
          title: "Set its limits",
          done: mandate?.status === "active",
          text: "How much, where and when it may spend, and above what a person must approve.",
          action:
            mandate === undefined ? (
              <LinkButton href={`${base}/mandates/new?agent_id=${agent.id}`} kind="main">
                Write its mandate
              </LinkButton>
            ) : (
              <LinkButton href={`${base}/mandates/${mandate.id}`} kind="main">
                Open its mandate
              </LinkButton>
            ),
        },
        {
          title: "Make a key",
          done: keys.length > 0,
          text:
            keys.length > 0
              ? `${countWords(keys.length, "key")} can be used with it.`
              : "The key stands in the URL that your client gets. It is shown once.",
          action: (
            <LinkButton href={`${base}/keys/new?agent_id=${agent.id}`} kind="main">
              Make a key
            </LinkButton>
          ),
        },
        {
          title: "Paste the URL into your client",
          done: false,
          text: (
            <>
              Then ask it: “Check with Quetra what <bdi>{plain(agent.name)}</bdi> may spend.”
            </>
          ),
          action: <a href="#connect">How to connect each client</a>,
        },
      ]}
    />
  </Card>
);
