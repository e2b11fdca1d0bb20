import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import { STYLE } from "./style.ts";
import { plain } from "./words.ts";

/** What every page for people has around it. */
export function Shell({
  title,
  organization,
  test,
  children,
}: {
  readonly title: string;
  readonly organization?: string;
  readonly test?: boolean;
  readonly children?: Child;
}) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex, nofollow" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} – Quetra`}</title>
        <style>{raw(STYLE)}</style>
      </head>
      <body>
        <div class="wrap">
          <header class="bar">
            <span class="mark">Quetra</span>
            {organization === undefined ? null : (
              <span>
                <bdi>{plain(organization)}</bdi>
              </span>
            )}
            {test === true ? <span class="badge">Test mode</span> : null}
          </header>
          <main>{children}</main>
        </div>
      </body>
    </html>
  );
}
