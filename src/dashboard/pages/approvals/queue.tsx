import type { AnswerOf } from "../../api.ts";
import { mayDecide, type OrganizationVisit } from "../../route.ts";
import { LinkButton, Money } from "../../ui/parts.tsx";
import { TimeLeft } from "../../ui/time-left.tsx";
import { plain } from "../../ui/words.ts";

type Approvals = AnswerOf<"listApprovals">["data"];

/** Purchases that wait, the one with the least time first. One press leads to where it is decided. */
export function Queue({ visit, approvals }: { readonly visit: OrganizationVisit; readonly approvals: Approvals }) {
  const { base, now, organization } = visit;
  const soonest = [...approvals].sort((a, b) => Date.parse(a.expires_at) - Date.parse(b.expires_at));
  return (
    <ul class="queue">
      {soonest.map(({ id, amount, currency, vendor, vendor_kind, agent_name, expires_at }) => (
        <li>
          <div class="queue-what">
            <p class="queue-amount">
              <Money amount={amount} currency={currency} />
            </p>
            <p>
              at{" "}
              <strong>{vendor_kind === "host" ? <bdi>{plain(vendor)}</bdi> : <q dir="auto">{plain(vendor)}</q>}</strong>
            </p>
            <p class="hint">
              <bdi>{plain(agent_name)}</bdi> · <TimeLeft until={expires_at} now={now} />
            </p>
          </div>
          <LinkButton href={`${base}/approvals/${id}`} kind={mayDecide(organization) ? "main" : "plain"}>
            {mayDecide(organization) ? "Look and decide" : "Look"}
            <span class="hidden">
              {": "}
              {plain(vendor)}
            </span>
          </LinkButton>
        </li>
      ))}
    </ul>
  );
}
