import type { Child } from "hono/jsx";
import type { OrganizationVisit, Visit } from "./route.ts";
import { OrganizationShell, PlainShell, type Section } from "./ui/shell.tsx";

/** What a browser may do with a page of ours: run and style what carries this answer's nonce, and talk to this host. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  // `no-referrer` would make browsers send our own forms with `Origin: null`, which is refused like any foreign origin.
  "referrer-policy": "strict-origin",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex, nofollow",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
};

export function html(
  { nonce }: Pick<Visit, "nonce">,
  content: Child,
  { status = 200, cookies = [] }: { readonly status?: number; readonly cookies?: readonly string[] } = {},
): Response {
  const response = new Response(`<!DOCTYPE html>${content}`, {
    status,
    headers: { ...HEADERS, "content-security-policy": policy(nonce) },
  });
  for (const cookie of cookies) response.headers.append("set-cookie", cookie);
  return response;
}

export interface PageOptions {
  readonly title: string;
  readonly status?: number;
  readonly cookies?: readonly string[];
}

/** A page outside of any organization: sign-in, account, errors. `wide` for those with tables. */
export const plainPage = (visit: Visit, options: PageOptions & { readonly wide?: boolean }, content: Child): Response =>
  html(
    visit,
    <PlainShell visit={visit} {...options}>
      {content}
    </PlainShell>,
    options,
  );

/**
 * A page of an organization, with its navigation. `live`: it follows what happens, from here on or (a number) from where
 * D1 stood before the page was read; `chart`: it loads the charts.
 */
export const organizationPage = (
  visit: OrganizationVisit,
  options: PageOptions & { readonly section: Section; readonly live?: boolean | number; readonly chart?: boolean },
  content: Child,
): Response =>
  html(
    visit,
    <OrganizationShell visit={visit} {...options}>
      {content}
    </OrganizationShell>,
    options,
  );

/**
 * After a form was taken: the browser goes on with GET, so that reloading repeats nothing. `done` names a sentence of
 * `done.ts` that the next page shows.
 *
 * @param to A path of ours.
 */
export function redirect(
  to: string,
  { done, cookies = [] }: { readonly done?: string; readonly cookies?: readonly string[] } = {},
): Response {
  const location = done === undefined ? to : `${to}${to.includes("?") ? "&" : "?"}done=${done}`;
  const response = new Response(null, { status: 303, headers: { location } });
  for (const cookie of cookies) response.headers.append("set-cookie", cookie);
  return response;
}

/** Sign-in that leads back to where the person wanted to go; a form that was posted is not repeated. */
export function signInPath({ request, url }: Visit): string {
  const wanted = request.method === "GET" ? `${url.pathname}${url.search}` : "";
  return ownPath(wanted) === null || wanted === "/dashboard"
    ? "/dashboard/sign-in"
    : `/dashboard/sign-in?next=${encodeURIComponent(wanted)}`;
}

/** A path of the dashboard as it stands in `next`, or null: it must not lead anybody to another site. */
export function ownPath(text: string | null): string | null {
  return text !== null && text.length <= 500 && /^\/dashboard(?:[/?][\x21-\x5b\x5d-\x7e]*)?$/.test(text) ? text : null;
}
