import type { Child } from "hono/jsx";
import type { VisitAnswer } from "../../approvals/visit.ts";
import { ClosedCard } from "./closed.tsx";
import type { FormFault } from "./form.ts";
import { OpenCard } from "./open.tsx";
import { Shell } from "./shell.tsx";
import { POLICY } from "./style.ts";

/** How the person came in; a key goes into the next form, because nothing else keeps it. */
export type Door = { readonly door: "link" } | { readonly door: "key"; readonly key: string; readonly signIn: SignIn };

/** Where a member decides this purchase after signing in; null where the deployment has no dashboard. */
export type SignIn = string | null;

const HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": POLICY,
  // The token is in no Referer. `no-referrer` would also make browsers send these forms with `Origin: null`, which is
  // refused like any foreign origin.
  "referrer-policy": "strict-origin",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex, nofollow",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

const page = (status: number, content: Child, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(`<!DOCTYPE html>${content}`, { status, headers: { ...HEADERS, ...headers } });

/**
 * What the organization answered, as a page.
 *
 * @param decided A decision came with this request: what is shown after it is its outcome.
 * @param now ms, for how much time is left.
 */
export function answerPage(answer: VisitAnswer, door: Door, decided: boolean, now: number): Response {
  switch (answer.state) {
    case "refused":
      return refusedPage(door.door, door.door === "key" ? door.signIn : null);
    case "throttled":
      return throttledPage(answer.retry_after_seconds);
    case "open": {
      const key = door.door === "key" ? door.key : null;
      return page(answer.stopped === null ? 200 : 409, <OpenCard answer={answer} heldKey={key} now={now} />);
    }
    case "closed":
      return page(decided && !answer.now ? 409 : 200, <ClosedCard answer={answer} decided={decided} />);
  }
}

/** The address that agents are told: it says what it is for, and asks for a key. The same for every purchase, but for its id. */
export const locatingPage = (signIn: SignIn): Response => page(200, <Locating alert={null} signIn={signIn} />);

/**
 * One answer for whatever does not lead anywhere: by link altered, foreign, unknown, or sent to an endpoint that is gone;
 * by key another role, another organization, revoked, or no such approval.
 */
export function refusedPage(door: "link" | "key" | "address", signIn: SignIn = null): Response {
  switch (door) {
    case "key":
      return page(
        404,
        <Locating alert="Nothing is shown for this key here. Check the key and the address." signIn={signIn} />,
      );
    case "link":
      return page(
        404,
        <Message title="This link is not valid">
          It may have been cut off when it was copied, or switched off since it was sent. Open it again from the
          message, or decide with an approver's key.
        </Message>,
      );
    case "address":
      return page(404, <Message title="Nothing is here">Check the address: it may have been cut off.</Message>);
  }
}

export const throttledPage = (retryAfterSeconds: number): Response =>
  page(
    429,
    <Message title="Too many requests">
      {`Nothing was decided. Wait ${retryAfterSeconds} seconds, then open the page again.`}
    </Message>,
    { "retry-after": String(retryAfterSeconds) },
  );

export const notAvailable = (): Response =>
  page(
    503,
    <Message title="Not available now">
      Whether something was decided is not certain. Open the page again in a moment: it says how the purchase stands.
    </Message>,
    { "retry-after": "5" },
  );

export const brokenForm = (fault?: FormFault): Response =>
  page(
    fault?.status ?? 400,
    <Message title="Nothing was decided">
      {fault?.message ?? "The form did not arrive as this page sent it. Open the page again."}
    </Message>,
  );

function Message({ title, children }: { readonly title: string; readonly children?: Child }) {
  return (
    <Shell title={title}>
      <div class="card">
        <div class="part">
          <h1 class="big">{title}</h1>
          <p class="lead">{children}</p>
        </div>
      </div>
    </Shell>
  );
}

function Locating({ alert, signIn }: { readonly alert: string | null; readonly signIn: SignIn }) {
  return (
    <Shell title="A purchase waits for a person">
      {alert === null ? null : (
        <p class="note bad" role="alert">
          {alert}
        </p>
      )}
      <div class="card">
        <div class="part">
          <h1 class="big">A purchase waits for a person</h1>
          <p class="lead">
            An AI agent has asked for a purchase that its limits leave to a person. This address shows nothing and
            decides nothing by itself: it needs {signIn === null ? "" : "you to sign in, or "}the key of an approver.
          </p>
          {signIn === null ? null : (
            <p class="actions one">
              <a class="go" href={signIn}>
                Sign in to decide
              </a>
            </p>
          )}
        </div>
        <form method="post" class="part" autocomplete="off">
          <label for="key">Approver's key</label>
          <input id="key" name="key" type="password" required autocomplete="off" spellcheck={false} maxlength={200} />
          <p class="hint">
            A key with the role <span class="mono">approve</span>. It is sent in the form only, never in the address.
          </p>
          <div class="actions one">
            <button type="submit" class="go">
              Show the purchase
            </button>
          </div>
        </form>
        <div class="part">
          <p class="hint">
            No key? Use the link in the message that your organization receives for each purchase, or ask an
            administrator.
          </p>
        </div>
      </div>
    </Shell>
  );
}
