/** What the other checks look with must be able to see: each of them is shown something that is wrong. */
import { force, hostileWords, inspect, SETS } from "../support/hostile.mjs";
import { axe, bothSchemes, horizontalScroll, PHONE } from "../support/look.mjs";
import { forget, watch, weigh } from "../support/watch.mjs";

const BAD = `<!DOCTYPE html><html><head><title>Bad</title></head><body>
<p style="color:#bbb;background:#fff">too pale</p><input><div style="width:900px">wide</div></body></html>`;
const GOOD = `<!DOCTYPE html><html lang="en"><head><title>Good</title><meta name="viewport" content="width=device-width">
</head><body><main><h1>Good</h1><label>Name <input></label></main></body></html>`;
const POLICY = "default-src 'none'; script-src 'nonce-abc'; img-src *; style-src 'unsafe-inline'";
const SCRIPTED = `<!DOCTYPE html><html lang="en"><head><title>Scripted</title></head><body><main>
<script>globalThis.ran = true</script><script nonce="abc">undefined.broken</script>
<img src="http://elsewhere.example/pixel.png" alt=""></main></body></html>`;

export const name = "the checks themselves";

export async function run({ browser, origin, check }) {
  const context = await browser.newContext({ viewport: PHONE });
  const page = await context.newPage();
  const seen = await watch(page, origin);
  const serve = (body, headers = {}) =>
    page.route("**/*", (route) =>
      route.request().url().startsWith(origin)
        ? route.fulfill({ body, contentType: "text/html; charset=utf-8", headers })
        : route.abort(),
    );

  await serve(BAD);
  await page.goto(`${origin}/control`);
  const found = (await axe(page)).join();
  check("axe sees pale text and a field without a name", /color-contrast/.test(found) && /label/.test(found), found);
  check("a wide page is seen", (await horizontalScroll(page)).length > 0);

  await page.unroute("**/*");
  await serve(GOOD);
  await page.goto(`${origin}/control`);
  check("axe lets a good page pass", (await axe(page)).length === 0, (await axe(page)).join());
  check("a narrow page passes", (await horizontalScroll(page)).length === 0);
  const schemes = [];
  await bothSchemes(page, async (scheme) => {
    const isDark = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
    schemes.push(`${scheme} ${isDark}`);
  });
  check("both schemes are really shown", schemes.join() === "light false,dark true", schemes.join());
  check("a good page is quiet", Object.values(seen).flat().length === 0, JSON.stringify(seen));

  await page.unroute("**/*");
  await serve(SCRIPTED, { "content-security-policy": POLICY });
  await page.goto(`${origin}/control`);
  check("a script without its nonce does not run", (await page.evaluate(() => globalThis.ran)) === undefined);
  check("and is seen", seen.blocked.length > 0);
  check("a foreign request is seen", seen.foreign.join() === "http://elsewhere.example/pixel.png", seen.foreign.join());
  check("a broken script is seen", seen.errors.length === 1, seen.errors.join());
  forget(seen);

  await controlHostile({ page, serve, origin, check });

  await page.unroute("**/*");
  const bytes = await weigh(page, `${origin}/healthz`);
  check("a page has a weight", bytes > 100 && bytes < 10_000, `${bytes}`);
  await context.close();
}

/** A page that writes every text as it came, and has no policy, must be found out; the same page escaped must not. */
async function controlHostile({ page, serve, origin, check }) {
  const { say, said } = hostileWords();
  const texts = Array.from({ length: SETS }, () => say("control", 200));
  const missed = [];
  for (const text of texts) {
    await page.unroute("**/*");
    const wraps = [`<p>${text}</p>`, `<p title="${text}"></p>`, `<p title='${text}'></p>`, `<a href="${text}">x</a>`];
    const unescaped = `<script>${JSON.stringify({ text })}</script><textarea>${text}</textarea>${wraps.join("")}`;
    await serve(`<!DOCTYPE html><title>${text}</title><main>${unescaped}<p id="twice"></p></main>
      <script nonce="x">document.getElementById("twice").innerHTML = document.querySelector("p").textContent</script>`);
    await page.goto(`${origin}/control`);
    if ((await inspect(page)).found.length === 0) missed.push(text);
  }
  check("each hostile text is found on a page that escapes nothing", missed.length === 0, missed.join("\n     "));
  const ran = await force(page);
  check("without a policy forced markup does something", ran.length > 1, ran.join());

  await page.unroute("**/*");
  const escaped = texts.map((text) => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`));
  await serve(
    `<!DOCTYPE html><title>x</title><main>${escaped.map((one) => `<p title="${one}">${one}</p>`).join("")}</main>`,
  );
  await page.goto(`${origin}/control`);
  const { found, text } = await inspect(page);
  check("and none on a page that escapes", found.length === 0, found.join("\n     "));
  check(
    "which shows them all",
    [...said.values()].every((one) => text.includes(one.text)),
  );
}
