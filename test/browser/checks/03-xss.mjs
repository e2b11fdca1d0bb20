/** Everything that an agent, a merchant, a receiver or another person can write is text, on every page that shows it. */
import { foundCompany } from "../support/company.mjs";
import { crawl, kindOf } from "../support/crawl.mjs";
import { force, hostileWords, inspect, markersIn, SETS } from "../support/hostile.mjs";
import { signIn } from "../support/people.mjs";
import { forget, watch } from "../support/watch.mjs";

/** What must have been on some page, whole: if not, the check would pass because nothing was shown. */
const SHOWN = [
  ...["agent.name", "agent.description", "agent.tag", "agent.metadata.key", "agent.metadata.value"],
  ...["mandate.name", "mandate.name.2", "mandate.description", "rule.vendor", "rule.category", "rule.description"],
  ...["rule.expression", "key.name", "merchant.name", "profile.vendor", "webhook.description", "receiver.words"],
  ...["settled.vendor", "settled.category", "settled.reason", "settled.metadata.key", "settled.metadata.value"],
  ...["waiting.vendor", "waiting.reason", "approval.note", "denial.note", "refund.note", "cancel.note", "alert.note"],
  ...["organization.name", "person.name", "member.name", "buyer.first", "address.line"],
];

export const name = "hostile texts";

export async function run({ browser, origin, operator, receiver, check }) {
  const { say, said } = hostileWords();
  receiver.words = say("receiver.words", 200);
  const company = await foundCompany({ origin, operator, receiver, say, sets: SETS });
  const context = await browser.newContext();
  const page = await context.newPage();
  const seen = await watch(page, origin);
  await signIn(page, { origin, person: company.person });

  const texts = [];
  const bad = [];
  const dead = [];
  const kinds = new Map();
  const look = async (what) => {
    const { found, text } = await inspect(page);
    texts.push(text.toLowerCase());
    bad.push(...found.map((one) => `${what}: ${one}`));
  };
  const visited = await crawl(page, {
    from: `${origin}/dashboard/${company.id}`,
    visit: async (url, status) => {
      if (status >= 400) dead.push(`${status} ${url}`);
      if (!kinds.has(kindOf(url))) kinds.set(kindOf(url), url);
      await look(url);
    },
  });
  check(`${visited.length} pages of ${kinds.size} kinds: no text became markup`, bad.length === 0, lines(bad));
  check("every link leads to a page", dead.length === 0, lines(dead));
  check("nothing was asked of another host", seen.foreign.length === 0, lines(seen.foreign));
  check("no script broke, and the server did not fail", seen.errors.length === 0, lines(seen.errors));
  check("the policy had nothing to block", seen.blocked.length === 0, lines(seen.blocked));

  const whole = texts.join("\n");
  const shown = [...markersIn(whole)].flatMap((marker) => said.get(marker) ?? []);
  const places = new Set(shown.map(({ place }) => place));
  const missing = SHOWN.filter((place) => !places.has(place));
  check("each field was shown somewhere", missing.length === 0, missing.join(", "));
  const isWhole = (text) => [text, JSON.stringify(text).slice(1, -1)].some((one) => whole.includes(one.toLowerCase()));
  const altered = shown.filter(({ place, text }) => SHOWN.includes(place) && !isWhole(text));
  check("and as it was written", altered.length === 0, lines(altered.map(({ place, text }) => `${place}: ${text}`)));

  await echoes({ page, kinds, look, bad, check });
  await forced({ page, kinds, seen, check });
  await context.close();
}

const lines = (list) => list.slice(0, 12).join("\n     ");

const QUERY = "q next done cursor status agent_id vendor token from to type subject error tab version".split(" ");
const TYPED = `"><x-hit data-hit></x-hit><img src=x onerror=hit=1>`;

/** What is typed into an address or a form comes back as text too. */
async function echoes({ page, kinds, look, bad, check }) {
  bad.length = 0;
  const failed = [];
  let forms = 0;
  for (const [kind, url] of kinds) {
    const query = new URLSearchParams(QUERY.map((name) => [name, TYPED]));
    const response = await page.goto(`${url.split("?")[0]}?${query}`);
    if (response.status() >= 500) failed.push(`${response.status()} ${kind} with a query`);
    await look(`${kind} with a query`);
    await page.goto(url);
    const count = await page.locator("main form[method=post]").count();
    for (let at = 0; at < count; at++) {
      await page.goto(url);
      if (!(await fill(page.locator("main form[method=post]").nth(at)))) continue;
      forms += 1;
      await page.waitForLoadState("load");
      await look(`${kind}, form ${at + 1}`);
    }
  }
  check(`${forms} forms and ${kinds.size} queries: what is typed comes back as text`, bad.length === 0, lines(bad));
  check("and none of it makes the server fail", failed.length === 0, lines(failed));
}

/** Fills every field that can be seen with markup, and sends the form. False: it has none. */
async function fill(form) {
  const fields = form.locator("input[type=text],input[type=search],input[type=url],input:not([type]),textarea");
  let filled = 0;
  for (const field of await fields.all()) {
    if (!(await field.isVisible()) || !(await field.isEditable())) continue;
    await field.fill(TYPED);
    filled += 1;
  }
  if (filled === 0) return false;
  const page = form.page();
  // Some forms answer in the page itself, where there is script.
  const answered = page.waitForEvent("framenavigated", { timeout: 3_000 }).catch(() => {});
  await form.evaluate((element) => {
    element.noValidate = true;
    element.requestSubmit(element.querySelector("button[type=submit]"));
  });
  await answered;
  return true;
}

/** The second lock: markup that got in all the same does nothing. */
async function forced({ page, kinds, seen, check }) {
  const ran = [];
  const silent = [];
  for (const [kind, url] of kinds) {
    await page.goto(url);
    forget(seen);
    const done = await force(page);
    if (done.length > 0) ran.push(`${kind}: ${done.join(", ")}`);
    if (seen.blocked.length < 5) silent.push(`${kind}: ${seen.blocked.length}`);
  }
  check(`forced into ${kinds.size} kinds of pages, markup does nothing`, ran.length === 0, lines(ran));
  check("because the policy blocks it", silent.length === 0, lines(silent));
}
