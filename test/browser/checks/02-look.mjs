/** Every page, in light and dark, on a desktop and on a phone: usable by everybody, light, and quiet. */
import { call } from "../../../scripts/start/service.mjs";
import { appoint, foundCompany } from "../support/company.mjs";
import { accessible, bothSchemes, noHorizontalScroll, SCREENS } from "../support/look.mjs";
import { addressOf, OPEN_PAGES, ORGANIZATION_PAGES, PERSON_PAGES } from "../support/pages.mjs";
import { mailTo, signIn, submit } from "../support/people.mjs";
import { forget, noForeignRequests, noTrouble, PAGE_BYTES, watch, weigh } from "../support/watch.mjs";

export const name = "the look of every page";

/** As long as such texts really are. */
const WORDS = {
  "agent.name": "research",
  "agent.description":
    "Buys data: paid APIs, reports and datasets for market research, at vendors that it was told of.",
  "mandate.name": "Research data",
  "settled.reason": "Weather of the last ten years, for the harvest forecast",
};
let said = 0;
/** Numbered, because some names are given once. */
const say = (place, chars) =>
  (WORDS[place] ?? `Quite ordinary ${place.replaceAll(".", " ")} ${said++}`).slice(0, chars);

export async function run({ browser, origin, operator, mailbox, receiver, check, shoot }) {
  const company = await foundCompany({ origin, operator, receiver, say, sets: 4 });
  const guest = await inviteGuest({ browser, origin, operator, mailbox, company });
  const ids = { ...company.ids, invitation_id: guest.invitation };
  const people = { nobody: null, owner: company.person, guest: guest.person };
  const all = [
    ...OPEN_PAGES.map((path) => ({ path, as: "nobody" })),
    ...[...PERSON_PAGES, ...ORGANIZATION_PAGES].map((path) => ({
      path,
      as: path.startsWith("/invitations") ? "guest" : "owner",
    })),
  ];
  for (const [screen, viewport] of Object.entries(SCREENS)) {
    const visitors = {};
    for (const [who, person] of Object.entries(people)) {
      const page = await (await browser.newContext({ viewport })).newPage();
      const seen = await watch(page, origin);
      if (person !== null) await signIn(page, { origin, person });
      visitors[who] = { page, seen };
    }
    for (const { path, as } of all) {
      await look({ ...visitors[as], path, screen, url: `${origin}${addressOf(path, ids)}`, check, shoot });
    }
  }
}

/** Somebody of another organization, who was asked to join this one. */
async function inviteGuest({ browser, origin, operator, mailbox, company }) {
  const { id } = await call(origin, operator, "POST", "/operator/organizations", { name: "Other", mode: "test" });
  const person = await appoint({ origin, operator, id, name: "Guest of the house", role: "owner" });
  const page = await (await browser.newContext()).newPage();
  await signIn(page, { origin, person: company.person });
  await page.goto(`${origin}/dashboard/${company.id}/members/invite`);
  await page.fill("input[name=email]", person.email);
  await submit(page, "main form");
  const { link } = await mailTo(mailbox, person.email);
  await page.context().close();
  return { person, invitation: link.split("/").at(-1) };
}

async function look({ page, seen, path, screen, url, check, shoot }) {
  forget(seen);
  const what = `${path} ${screen}`;
  const bytes = await weigh(page, url);
  check(`${what}: is there`, new URL(page.url()).pathname === new URL(url).pathname, page.url());
  check(`${what}: weighs ${Math.ceil(bytes / 1024)} KB`, bytes < PAGE_BYTES);
  await bothSchemes(page, async (scheme) => {
    await accessible(check, `${what} ${scheme}`, page);
    await noHorizontalScroll(check, `${what} ${scheme}`, page);
    await shoot(page, `${path.replace(/[/:]+/g, "-").slice(1) || "home"}-${screen}-${scheme}`);
  });
  noForeignRequests(check, what, seen);
  noTrouble(check, what, seen);
}
