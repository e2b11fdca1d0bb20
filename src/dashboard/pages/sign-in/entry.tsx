import type { Child } from "hono/jsx";
import { plainPage } from "../../answer.tsx";
import { type Refused, withRetryAfter } from "../../refused.ts";
import type { Visit } from "../../route.ts";
import { Notice } from "../../ui/parts.tsx";

/** One column, one question: what people see before they are inside. */
export function entryPage(
  visit: Visit,
  {
    title,
    heading = title,
    lead,
    refused,
    cookies = [],
    foot,
  }: {
    readonly title: string;
    /** Where it says more than the title of the window. */
    readonly heading?: Child;
    readonly lead?: Child;
    readonly refused?: Refused;
    readonly cookies?: readonly string[];
    /** Below the card: the other ways. */
    readonly foot?: Child;
  },
  content: Child,
): Response {
  const status = refused?.status ?? 200;
  const response = plainPage(
    visit,
    { title: status < 400 ? title : `Error: ${title}`, status, cookies },
    <div class="entry">
      <a class="mark" href="/dashboard">
        Quetra
      </a>
      <h1>{heading}</h1>
      {lead === undefined ? null : <p class="lead">{lead}</p>}
      <div class="card entry-card">
        {refused === undefined || refused.above.length === 0 ? null : (
          <Notice tone="bad">{refused.above.join(" ")}</Notice>
        )}
        {content}
      </div>
      {foot === undefined ? null : <div class="entry-foot">{foot}</div>}
    </div>,
  );
  return refused === undefined ? response : withRetryAfter(response, refused);
}

/** `?next=…` where there is somewhere to go on to. */
export const withNext = (path: string, next: string | null): string =>
  next === null ? path : `${path}?next=${encodeURIComponent(next)}`;

export const isInvitation = (next: string | null): boolean => next?.startsWith("/dashboard/invitations/") === true;

export const NextField = ({ next }: { readonly next: string | null }) =>
  next === null ? null : <input type="hidden" name="next" value={next} />;

/** Without a mail service nobody can prove an address here, and no link can be sent. */
export const sendsMail = ({ scope: { env } }: Visit): boolean => (env.MAIL_URL ?? "") !== "";
