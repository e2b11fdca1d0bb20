/** Somebody who has never seen the project, from an empty database to an agent that spends, asks, and is stopped. */
import { until } from "../support/company.mjs";
import { DESKTOP, noHorizontalScroll, PHONE } from "../support/look.mjs";
import { connect } from "../support/mcp.mjs";
import { signUp } from "../support/people.mjs";
import { confirm, createAgent, createSpendKey, foundOrganization, writeMandate } from "../support/steps.mjs";
import { noForeignRequests, noTrouble, watch } from "../support/watch.mjs";

export const name = "the first run";

export async function run({ browser, origin, mailbox, check, shoot }) {
  const context = await browser.newContext({ viewport: DESKTOP });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
  const page = await context.newPage();
  const seen = await watch(page, origin);

  await page.goto(`${origin}/dashboard`);
  check("whoever comes is asked to sign in", new URL(page.url()).pathname === "/dashboard/sign-in", page.url());
  await signUp(page, { origin, mailbox });
  check(
    "signed up and confirmed, one is inside",
    page.url().startsWith(`${origin}/dashboard/organizations/new`),
    page.url(),
  );
  const id = await foundOrganization(page, { origin, name: "Harvest Research" });
  const base = `${origin}/dashboard/${id}`;
  check("an empty organization says where to begin", await has(page, /Create an agent/));
  await shoot(page, "first-run-1-empty");

  const agent = await createAgent(page, { base, name: "research" });
  await shoot(page, "first-run-2-agent");
  const mandate = await writeMandate(page, {
    base,
    agent,
    top: { name: "Research data", per_transaction_limit: "40" },
    budgets: [{ period: "monthly", limit: "300" }],
    rules: [
      { type: "approval", above: "15" },
      { type: "category", allow: "data, reports" },
      { type: "vendor_blocklist", vendors: "casino.com" },
    ],
  });
  await page.goto(`${base}/mandates/${mandate}`);
  check(
    "the mandate is in force, with its three rules",
    (await has(page, /In force since/i)) && (await has(page, /casino\.com/)),
  );
  await shoot(page, "first-run-3-mandate");

  const url = await createSpendKey(page, { base, agent, name: "Claude" });
  check("the copied text is the URL for a client", /^http:\/\/127\.0\.0\.1:\d+\/sk_quetra_test_\w+\/mcp$/.test(url));
  await spendAndStop({ browser, context, page, origin, base, agent, url, check, shoot });
  noForeignRequests(check, "the first run", seen);
  noTrouble(check, "the first run", seen);
  await context.close();
}

const has = async (page, words) => words.test(await page.innerText("main"));

async function spendAndStop({ browser, context, page, origin, base, agent, url, check, shoot }) {
  const client = await connect(url);
  const { agents } = await client.tool("quetra_list_agents");
  check("a client sees the agent under that URL", agents.length === 1 && agents[0].name === "research");
  const buy = (amount, vendor) =>
    client.tool("quetra_evaluate", {
      agent_id: agent,
      amount,
      vendor,
      category: "data",
      reason: "Weather for the harvest forecast",
      idempotency_key: crypto.randomUUID(),
    });

  await page.goto(base);
  let loads = 0;
  page.on("framenavigated", () => {
    loads += 1;
  });
  const bought = await buy(12.5, "api.openweathermap.org");
  check("a purchase within the limits is approved", bought.outcome === "approved", JSON.stringify(bought));
  const began = Date.now();
  await until(() => has(page, /api\.openweathermap\.org/), "the overview shows the spend");
  check(`the overview shows it without a reload (${Date.now() - began} ms)`, loads === 0, `${loads} loads`);
  await shoot(page, "first-run-4-spent");
  const refused = await buy(5, "casino.com");
  check("one at a blocked vendor is refused", refused.outcome === "rejected", JSON.stringify(refused));

  const asked = await buy(22, "reports.example.com");
  check("one above the threshold waits for a person", asked.outcome === "pending_approval", JSON.stringify(asked));
  await decideOnPhone({ browser, context, origin, base, check, shoot });
  const { transactions } = await client.tool("quetra_transactions", {
    agent_id: agent,
    transaction_id: asked.transaction_id,
  });
  check("the agent hears that it may", transactions[0].status === "authorized", JSON.stringify(transactions[0]));

  await page.goto(base);
  await confirm(page, /^Freeze/);
  check("the page says that all spending is frozen", await has(page, /All spending is frozen/));
  await shoot(page, "first-run-6-frozen");
  const stopped = await buy(1, "api.openweathermap.org");
  const codes = (stopped.checks ?? []).filter(({ passed }) => !passed).map(({ code }) => code);
  check(
    "the next spend is refused",
    stopped.outcome === "rejected" && codes.includes("organization_frozen"),
    JSON.stringify(stopped),
  );
  await client.close();
}

/** The same person, on a small screen with touch. */
async function decideOnPhone({ browser, context, origin, base, check, shoot }) {
  const storageState = await context.storageState();
  const phone = await browser.newContext({ viewport: PHONE, hasTouch: true, isMobile: true, storageState });
  const page = await phone.newPage();
  const seen = await watch(page, origin);
  await page.goto(`${base}/approvals`);
  await noHorizontalScroll(check, "approvals on a phone", page);
  await page
    .getByRole("link", { name: /decide/i })
    .first()
    .tap();
  await page.waitForURL(/\/approvals\/apr_/);
  await noHorizontalScroll(check, "a decision on a phone", page);
  check("it shows amount, vendor and reason", await has(page, /22[\s\S]*reports\.example\.com[\s\S]*harvest forecast/));
  await shoot(page, "first-run-5-decision");
  const approve = page.getByRole("button", { name: /^Approve/ });
  const { y, height } = await approve.boundingBox();
  check(
    "the button is on the first screen, and large enough for a thumb",
    y + height <= PHONE.height && height >= 44,
    `${y} ${height}`,
  );
  await Promise.all([page.waitForEvent("framenavigated"), approve.tap()]);
  await page.waitForLoadState("load");
  check("the decision is confirmed", await has(page, /approved/i));
  noTrouble(check, "deciding on a phone", seen);
  await phone.close();
}
