/** What a page does behind its looks: where it sends requests, what breaks in it, what its policy blocks. */

/**
 * Begins to watch a page; to be called before its first address.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} origin
 * @returns What was seen so far: `foreign` requests, `errors` of scripts and of the server, `blocked` by the policy.
 */
export async function watch(page, origin) {
  const seen = { foreign: [], errors: [], blocked: [] };
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(?:about|data|blob):/.test(url)) seen.foreign.push(url);
  });
  page.on("response", (response) => {
    if (response.status() >= 500) seen.errors.push(`${response.status()} ${response.url()}`);
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    const text = message.text();
    if (/content security policy/i.test(text)) seen.blocked.push(text);
  });
  return seen;
}

/** Forgets what was seen. */
export function forget(seen) {
  for (const list of Object.values(seen)) list.length = 0;
}

/** Nothing but this host was asked; the failure names what else was. */
export function noForeignRequests(check, name, { foreign }) {
  check(`${name}: asks no other host`, foreign.length === 0, foreign.join(" "));
}

/** No script broke, the server did not fail, and the page did nothing that its own policy forbids. */
export function noTrouble(check, name, { errors, blocked }) {
  check(`${name}: nothing breaks`, errors.length === 0, errors.join(" "));
  check(`${name}: nothing is blocked by the policy`, blocked.length === 0, blocked.join(" "));
}

export const PAGE_BYTES = 200 * 1024;

/**
 * What one cold load transfers: the page with its styles, scripts and fonts, headers included.
 *
 * @returns {Promise<number>} Bytes on the wire.
 */
export async function weigh(page, url) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await page.goto(url, { waitUntil: "load" });
  // A poll that never ends is no part of the load.
  await page.waitForTimeout(200);
  await session.detach();
  return bytes;
}
