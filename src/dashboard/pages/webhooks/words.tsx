import type { AnswerOf } from "../../api.ts";
import { Badge, type Tone } from "../../ui/parts.tsx";
import { countWords, labelWords, plain } from "../../ui/words.ts";
import { EVERYTHING } from "./filters.ts";

export type WebhookView = AnswerOf<"getWebhook">;
export type DeliveryView = AnswerOf<"listWebhookDeliveries">["data"][number];

const DISABLED_WORDS: Readonly<Record<NonNullable<WebhookView["disabled_reason"]>, string>> = {
  gone: "Your server answered 410, which means that nobody listens there any more.",
  failing: "Nothing but failures came from it for five days.",
  backlog: "Too many deliveries were waiting for it.",
  administrator: "Somebody of you, or a program with an admin key, switched it off.",
};

export function WebhookBadge({ status, failing_since }: Pick<WebhookView, "status" | "failing_since">) {
  if (status === "disabled") return <Badge tone="bad">Disabled</Badge>;
  return failing_since === null ? <Badge tone="good">Enabled</Badge> : <Badge tone="warn">Failing</Badge>;
}

export const disabledWords = ({ disabled_reason }: Pick<WebhookView, "disabled_reason">): string =>
  disabled_reason === null ? "" : DISABLED_WORDS[disabled_reason];

const TONES: Readonly<Record<DeliveryView["status"], Tone>> = { pending: "info", delivered: "good", failed: "bad" };
export const DeliveryBadge = ({ status }: Pick<DeliveryView, "status">) => (
  <Badge tone={TONES[status]}>{labelWords(status)}</Badge>
);

export const KIND_WORDS: Readonly<Record<DeliveryView["kind"], string>> = {
  event: "As it happened",
  replay: "Sent again",
  test: "Test",
};

/** Why an attempt ended as it did: the status that came back, or what was in the way. */
export const outcomeWords = (status: number | null, error: string | null): string => {
  if (error !== null) return status === null ? labelWords(error) : `${status}, ${labelWords(error).toLowerCase()}`;
  return status === null ? "–" : String(status);
};

/** "Everything", or the first few of them. */
export function EventsOf({ events }: Pick<WebhookView, "events">) {
  if (events.includes(EVERYTHING)) return <>Everything</>;
  const shown = events.slice(0, 3);
  return (
    <>
      {shown.map((event, index) => (
        <>
          {index === 0 ? "" : ", "}
          <code>{event}</code>
        </>
      ))}
      {events.length > shown.length ? ` and ${countWords(events.length - shown.length, "other")}` : ""}
    </>
  );
}

/** Its description where it has one, otherwise the host: the rest of the URL can hold a secret of the customer's. */
export const titleOf = ({ description, url }: Pick<WebhookView, "description" | "url">): string =>
  plain(description) || (URL.parse(url)?.host ?? plain(url));
