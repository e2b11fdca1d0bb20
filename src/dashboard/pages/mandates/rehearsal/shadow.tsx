import type { AnswerOf } from "../../../api.ts";
import { mayManage, type OrganizationVisit } from "../../../route.ts";
import { Confirm, Form, Submit } from "../../../ui/form.tsx";
import { Badge, Card, When } from "../../../ui/parts.tsx";
import { countWords } from "../../../ui/words.ts";
import { Totals } from "./figures.tsx";

export type Shadow = AnswerOf<"getShadow">;

/** A draft that follows its agent's purchases from now on, without any effect on them. */
export function ShadowCard({
  visit,
  shadow,
  currency,
}: {
  readonly visit: OrganizationVisit;
  readonly shadow: Shadow;
  readonly currency: string;
}) {
  const action = `${visit.base}/mandates/${shadow.mandate_id}/shadow`;
  const manages = mayManage(visit.organization);
  return (
    <Card
      id="shadow"
      title="Follow along"
      live
      hint="The draft judges every new purchase beside the mandate in force, and only takes notes."
      actions={shadow.on ? <Badge tone="info">Following</Badge> : undefined}
    >
      {shadow.on ? (
        <>
          <p>
            {shadow.rehearsed.total === 0
              ? "Nothing was bought since then"
              : `${countWords(shadow.differences.count, "difference")} in ${countWords(shadow.rehearsed.total, "purchase")}`}
            {shadow.since === null ? null : (
              <>
                {", since "}
                <When at={shadow.since} now={visit.now} timezone={visit.organization.timezone} exact />
              </>
            )}
            .
          </p>
          {shadow.rehearsed.total === 0 ? null : <Totals counts={shadow} currency={currency} />}
          {(shadow.events_behind ?? 0) > 0 ? (
            <p class="hint">{`${countWords(shadow.events_behind ?? 0, "event")} of the log still to be read.`}</p>
          ) : null}
        </>
      ) : null}
      {!manages ? (
        shadow.on ? null : (
          <p class="soft">It does not follow. Owners and admins can switch it on.</p>
        )
      ) : shadow.on ? (
        <div class="actions">
          <Confirm
            visit={visit}
            action={action}
            label="Stop following"
            kind="plain"
            question="What it has found so far is forgotten."
          >
            <input type="hidden" name="on" value="no" />
          </Confirm>
        </div>
      ) : (
        <Form visit={visit} action={action}>
          <input type="hidden" name="on" value="yes" />
          <Submit kind="plain">Let it follow</Submit>
        </Form>
      )}
    </Card>
  );
}
