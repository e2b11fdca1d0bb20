/** Goes wherever a person could go by clicking: no GET of the dashboard changes anything. */

import { steady } from "./hostile.mjs";

/** Two addresses of one kind differ in their ids alone. */
export const kindOf = (url) =>
  new URL(url).pathname.replace(/\b(?!org)([a-z]{3})_[0-9A-Za-z]+/g, "$1").replace(/(?<=profiles\/)[^/]+/, "name");

const PER_PATH = 4;
const PER_KIND = 24;

/**
 * @param {import("playwright-core").Page} page Signed in.
 * @param {{ from: string, visit: (url: string, status: number) => Promise<void>, pages?: number }} options `visit` looks at
 *   the page, which is open then; `pages`: so many at most.
 * @returns {Promise<string[]>} What was visited.
 */
export async function crawl(page, { from, visit, pages = 400 }) {
  const open = [from];
  const seen = new Set(open);
  const perPath = new Map();
  const perKind = new Map();
  const visited = [];
  while (open.length > 0 && visited.length < pages) {
    const url = open.shift();
    const response = await page.goto(url).catch((error) => {
      // A download is no page.
      if (/download/i.test(error.message)) return null;
      throw error;
    });
    if (response === null || !(response.headers()["content-type"] ?? "").startsWith("text/html")) continue;
    visited.push(url);
    await visit(url, response.status());
    const links = await steady(page, () =>
      [...document.querySelectorAll("a[href]:not([download])")].map((link) => link.href.split("#")[0]),
    );
    for (const link of links) {
      const path = link.split("?")[0];
      if (seen.has(link) || !path.startsWith(`${new URL(from).origin}/dashboard`)) continue;
      // Filters and cursors combine without end.
      const times = perPath.get(path) ?? 0;
      if (times >= PER_PATH) continue;
      const kind = kindOf(link);
      const alike = perKind.get(kind) ?? 0;
      if (alike >= PER_KIND) continue;
      perKind.set(kind, alike + 1);
      perPath.set(path, times + 1);
      seen.add(link);
      open.push(link);
    }
  }
  return visited;
}
