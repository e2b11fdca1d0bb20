import type { Membership } from "../people/api.ts";
import { plainPage } from "./answer.tsx";
import type { ApiRefusal } from "./api.ts";
import type { Visit } from "./route.ts";
import { LinkButton } from "./ui/parts.tsx";

const ROLE_WORDS = { owner: "an owner", admin: "an admin", approver: "an approver", viewer: "a viewer" } as const;

/** The same for what does not exist and for what belongs to others. */
export const notFoundPage = (visit: Visit): Response =>
  errorPage(visit, 404, "Nothing here", "There is nothing at this address, or nothing that you may see.");

export const forbiddenPage = (visit: Visit, { role }: Membership): Response =>
  errorPage(
    visit,
    403,
    "Not with your role",
    `You are ${ROLE_WORDS[role]} of this organization, and this needs another role. An owner can change yours.`,
  );

const WORDS: Readonly<Record<400 | 403 | 429 | 500, { readonly title: string; readonly text: string }>> = {
  400: { title: "That did not work", text: "The form did not arrive as the page sent it. Open the page again." },
  403: {
    title: "Open the page again",
    text: "The page was open for a while, or in another session, so nothing was changed. Go back, reload it, and try again.",
  },
  429: { title: "One moment", text: "Too many requests. Try again in a minute." },
  500: { title: "That is our fault", text: "Something went wrong here, and it is on record. Try again in a moment." },
};

export function troublePage(visit: Visit, status: 400 | 403 | 429 | 500, text: string | null): Response {
  const words = WORDS[status];
  return errorPage(visit, status, words.title, text ?? words.text);
}

/** What an operation refused, where the page cannot be shown without its answer. */
export function refusalPage(visit: Visit, { status, detail }: ApiRefusal): Response {
  if (status === 404) return notFoundPage(visit);
  return errorPage(visit, status, status >= 500 ? "Not reachable right now" : "That did not work", detail);
}

function errorPage(visit: Visit, status: number, title: string, text: string): Response {
  return plainPage(
    visit,
    { title, status },
    <div class="center">
      <p class="code">{status}</p>
      <h1>{title}</h1>
      <p class="lead">{text}</p>
      <p>
        <LinkButton href="/dashboard">To the dashboard</LinkButton>
      </p>
      <p class="hint">{`Request ${visit.scope.requestId}`}</p>
    </div>,
  );
}
