/** The same things in a browser that runs no script: forms, links and details do all of it. */
import { connect } from "../support/mcp.mjs";
import { signUp, submit } from "../support/people.mjs";
import { confirm, createAgent, fillKey, foundOrganization, writeMandate } from "../support/steps.mjs";

export const name = "without script";

export async function run({ browser, origin, mailbox, check }) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await signUp(page, { origin, mailbox });
  const base = `${origin}/dashboard/${await foundOrganization(page, { origin, name: "No script" })}`;
  const agent = await createAgent(page, { base, name: "plain" });
  const mandate = await writeMandate(page, {
    base,
    agent,
    top: { name: "Plain", per_transaction_limit: "40" },
    budgets: [{ period: "monthly", limit: "300" }],
    rules: [{ type: "approval", above: "15" }],
  });
  check("an agent with a mandate is set up", mandate.startsWith("mdt_"));
  await fillKey(page, { base, agent, name: "Plain" });
  const url = await page.locator("main code").first().innerText();
  check("the URL can be selected and copied", /\/sk_quetra_test_\w+\/mcp$/.test(url));

  const client = await connect(url);
  const buy = (amount) =>
    client.tool("quetra_evaluate", {
      agent_id: agent,
      amount,
      vendor: "shop.example.com",
      idempotency_key: crypto.randomUUID(),
    });
  check("the agent spends", (await buy(5)).outcome === "approved");
  await page.goto(base);
  check("the overview shows it", /shop\.example\.com/.test(await page.innerText("main")));
  check("a purchase waits", (await buy(20)).outcome === "pending_approval");
  await page.goto(`${base}/approvals`);
  await page
    .getByRole("link", { name: /decide/i })
    .first()
    .click();
  await page.waitForURL(/\/approvals\/apr_/);
  await submit(page, "main form", "button[value=deny]");
  check("a person denies it", /denied/i.test(await page.innerText("main")));

  await page.goto(base);
  await confirm(page, /^Freeze/);
  check("all spending is frozen", (await buy(1)).outcome === "rejected");
  await page.goto(base);
  await confirm(page, /^Allow spending/);
  check("and possible again", (await buy(1)).outcome === "approved");
  await client.close();
  await context.close();
}
