/** The steps of somebody who sets an organization up, with the pages' own words. */
import { submit } from "./people.mjs";

/** @returns {Promise<string>} The id of the organization whose overview is open afterwards. */
export async function foundOrganization(page, { origin, name }) {
  await page.goto(`${origin}/dashboard/organizations/new`);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await submit(page, "main form");
  const id = /\/dashboard\/(org_\w+)/.exec(page.url())?.[1];
  if (id === undefined) throw new Error(`Founding an organization ended at ${page.url()}`);
  return id;
}

/** An agent that can spend nothing yet. @returns {Promise<string>} Its id. */
export async function createAgent(page, { base, name }) {
  await page.goto(`${base}/agents/new`);
  await page.fill("input[name=name]", name);
  await page.fill("textarea[name=description]", "Buys data for the market research.");
  await page.check("input[name=preset][value=none]");
  await submit(page, "main form");
  const id = /\/agents\/(agt_\w+)/.exec(page.url())?.[1];
  if (id === undefined) throw new Error(`Creating an agent ended at ${page.url()}`);
  return id;
}

/**
 * A mandate with the given rules, saved as a draft and then activated.
 *
 * @param {{ base: string, agent: string, top: object, budgets: object[], rules: object[] }} options Fields as the form
 *   names them; a rule has its `type` besides. The form begins with the standard limits: what stands there is filled in.
 * @returns {Promise<string>} Its id.
 */
export async function writeMandate(page, { base, agent, top, budgets, rules }) {
  await page.goto(`${base}/mandates/new?agent_id=${agent}`);
  await fill(page, "", top);
  for (const [index, budget] of budgets.entries()) await fill(page, `budgets.${index}.`, budget);
  for (const [index, { type, ...fields }] of rules.entries()) {
    const there = page.locator(`input[name="rules.${index}.type"][value="${type}"]`);
    if ((await there.count()) === 0) await addRule(page, type, index);
    await fill(page, `rules.${index}.`, fields);
  }
  await submit(page, "#builder", "button[name=do][value=save]");
  const id = /\/mandates\/(mdt_\w+)/.exec(page.url())?.[1];
  if (id === undefined) throw new Error(`Saving the mandate ended at ${page.url()}: ${await page.innerText("main")}`);
  await page.goto(`${base}/mandates/${id}`);
  await confirm(page, /in force/i);
  return id;
}

/** With script the form grows where it stands, without it the page comes anew. */
async function addRule(page, type, index) {
  const button = page.locator(`#builder button[value="add_rule:${type}"]`);
  // It is open where there is no rule yet.
  if (!(await button.isVisible())) await page.locator("details.add-rule > summary").click();
  await button.click();
  await page.waitForSelector(`input[name="rules.${index}.type"]`, { state: "attached" });
}

async function fill(page, prefix, fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`main [name="${prefix}${name}"]`);
    if ((await field.evaluate((element) => element.localName)) === "select") await field.selectOption(value);
    else await field.fill(value);
  }
}

/** Presses a button; where it asks once more, presses the one that does it. */
export async function confirm(page, words) {
  const summary = page.locator("main summary").filter({ hasText: words });
  if ((await summary.count()) > 0) {
    await summary.first().click();
    const button = summary.first().locator("xpath=..").locator("button[type=submit]");
    await Promise.all([page.waitForEvent("framenavigated"), button.click()]);
  } else {
    const button = page.locator("main button[type=submit]").filter({ hasText: words });
    await Promise.all([page.waitForEvent("framenavigated"), button.first().click()]);
  }
  await page.waitForLoadState("load");
}

/** @returns {Promise<string>} The URL as a person copies it: by the button, out of the clipboard. */
export async function createSpendKey(page, key) {
  await fillKey(page, key);
  await page.getByRole("button", { name: "Copy the URL" }).click();
  const read = () => page.evaluate(() => navigator.clipboard.readText());
  // Writing takes the browser a moment.
  for (let attempt = 0; attempt < 50 && !(await read()).endsWith("/mcp"); attempt++) await page.waitForTimeout(100);
  return read();
}

/** Makes a spend key for an agent; the page that shows it this once is open afterwards. */
export async function fillKey(page, { base, agent, name }) {
  await page.goto(`${base}/keys/new?agent_id=${agent}`);
  await page.fill("input[name=name]", name);
  await page.check("input[name=role][value=spend]");
  await submit(page, "main form");
}
