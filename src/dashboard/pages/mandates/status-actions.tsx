import { LIMITS } from "../../../limits.ts";
import { redirect } from "../../answer.tsx";
import type { OrganizationVisit } from "../../route.ts";
import { Confirm, Form, Input, Submit } from "../../ui/form.tsx";
import { LinkButton } from "../../ui/parts.tsx";
import { mandateDetail } from "./detail.tsx";
import { hasEnded, type Mandate } from "./shown.tsx";

/**
 * What a manager can do with a mandate as it stands. Whatever takes spending away is one press, and what gives or ends
 * asks once more.
 *
 * @param inForce The mandate that the agent has in force, if any.
 */
export function MandateActions({
  visit,
  mandate,
  inForce,
}: {
  readonly visit: OrganizationVisit;
  readonly mandate: Mandate;
  readonly inForce: string | null;
}) {
  const { id, status, version } = mandate;
  const path = `${visit.base}/mandates/${id}`;
  if (hasEnded(status)) {
    return (
      <div class="actions">
        <LinkButton href={`${visit.base}/mandates/new?from=${id}`}>New mandate like this</LinkButton>
      </div>
    );
  }
  return (
    <div class="actions">
      {status === "draft" ? (
        <PutInForce visit={visit} id={id} version={version} inForce={inForce} kind="plain" />
      ) : null}
      {status === "active" ? (
        <Confirm
          visit={visit}
          action={`${path}/pause`}
          label="Pause"
          kind="plain"
          confirm="Pause it"
          question="The agent can spend nothing until you resume it. What is authorized already can still be settled."
        >
          <Reason hint="The agent reads it when it is refused." />
        </Confirm>
      ) : null}
      {status === "paused" ? (
        <Form visit={visit} action={`${path}/resume`}>
          <Submit>Resume</Submit>
        </Form>
      ) : null}
      <LinkButton href={`${visit.base}/mandates/new?from=${id}`}>Copy</LinkButton>
      <Confirm
        visit={visit}
        action={`${path}/revoke`}
        label={status === "draft" ? "Discard" : "Revoke"}
        confirm={status === "draft" ? "Discard the draft" : "Revoke it for good"}
        question={
          status === "draft"
            ? "The draft can then neither be edited nor put in force. It stays in the list."
            : "This cannot be undone: the agent can spend nothing until it gets another mandate. What is authorized already can still be settled."
        }
      >
        <Reason hint="For the record." />
      </Confirm>
    </div>
  );
}

const Reason = ({ hint }: { readonly hint: string }) => (
  <Input name="reason" label="Reason" optional maxlength={LIMITS.reasonChars} hint={hint} />
);

/** A draft takes the place of the mandate in force, or stands alone where there is none. */
export function PutInForce({
  visit,
  id,
  version,
  inForce,
  kind = "main",
}: {
  readonly visit: OrganizationVisit;
  readonly id: string;
  readonly version: number;
  readonly inForce: string | null;
  /** Of the button that asks: main where it is what the page is for. */
  readonly kind?: "main" | "plain";
}) {
  const path = `${visit.base}/mandates/${id}`;
  return inForce === null ? (
    <Confirm
      visit={visit}
      action={`${path}/activate`}
      label="Put in force"
      kind={kind}
      question="From now on the agent can spend under this mandate."
    />
  ) : (
    <Confirm
      visit={visit}
      action={`${path}/promote`}
      label="Put in force"
      kind={kind}
      confirm="Replace and put in force"
      question={
        <>
          The agent has <a href={`${visit.base}/mandates/${inForce}`}>a mandate in force</a>. It ends in the same
          moment, and this one takes its place. What the current periods have used stays counted.
        </>
      }
    >
      <input type="hidden" name="version" value={String(version)} />
    </Confirm>
  );
}

type StatusOperation = "activateMandate" | "pauseMandate" | "resumeMandate" | "revokeMandate";

const change =
  (operation: StatusOperation, done: string, withReason: boolean) =>
  async (visit: OrganizationVisit): Promise<Response> => {
    const mandate_id = visit.params.mandate_id ?? "";
    const answer = await visit.api.call(operation, {
      params: { mandate_id },
      ...(withReason ? { body: { reason: visit.form.optional("reason") } } : {}),
    });
    if (answer.ok) return redirect(`${visit.base}/mandates/${mandate_id}`, { done });
    return mandateDetail(visit, wordsOf(answer), answer.status);
  };

export const activate = change("activateMandate", "mandate_active", false);
export const pause = change("pauseMandate", "mandate_paused", true);
export const resume = change("resumeMandate", "mandate_resumed", false);
export const revoke = change("revokeMandate", "mandate_revoked", true);

export async function promote(visit: OrganizationVisit): Promise<Response> {
  const mandate_id = visit.params.mandate_id ?? "";
  const answer = await visit.api.call("promoteMandate", {
    params: { mandate_id },
    if_match: visit.form.text("version"),
  });
  if (answer.ok) return redirect(`${visit.base}/mandates/${mandate_id}`, { done: "mandate_promoted" });
  return mandateDetail(visit, wordsOf(answer), answer.status);
}

/** The field's own sentence says more than the one about the whole. */
const wordsOf = ({
  detail,
  errors,
}: {
  readonly detail: string;
  readonly errors: readonly { readonly message: string }[];
}) => [detail, ...errors.map(({ message }) => message)].join(" ");
