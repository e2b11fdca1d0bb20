import type { OrganizationVisit } from "../../route.ts";
import { Badge, Copyable, Facts, When } from "../../ui/parts.tsx";

export interface HookView {
  readonly url: string | null;
  readonly secret_set: boolean;
  readonly old_secret_until: string | null;
  readonly last_event_at: string | null;
}

/** Where a provider sends its events, and whether it can. */
export const HookFacts = ({ visit, hook }: { readonly visit: OrganizationVisit; readonly hook: HookView }) => {
  const { now, organization } = visit;
  const when = (at: string) => <When at={at} now={now} timezone={organization.timezone} exact />;
  return (
    <Facts
      items={[
        ["Address", hook.url === null ? "Not set up yet" : <Copyable text={hook.url} label="the address" block />],
        [
          "Signing secret",
          hook.secret_set ? <Badge tone="good">Set</Badge> : <Badge tone="warn">Missing: messages are refused</Badge>,
        ],
        hook.old_secret_until === null ? null : ["The one before is good until", when(hook.old_secret_until)],
        ["Last message", hook.last_event_at === null ? "None yet" : when(hook.last_event_at)],
      ]}
    />
  );
};
