import { beforeAll, describe, expect, it } from "vitest";
import { RULE_TYPES } from "../../src/dashboard/pages/mandates/terms/catalogue.ts";
import { LIMITS } from "../../src/limits.ts";
import { api, eventTypes, type Json, newAgent, newOrganization, type TestOrganization } from "../support/service.ts";
import { builderFields, type PostedFields } from "./pages/mandates/form-in-page.ts";
import { newMember, type Page } from "./support.ts";

type Member = Awaited<ReturnType<typeof newMember>>;
let organization: TestOrganization;
let agent: string;
let admin: Member;
beforeAll(async () => {
  organization = await newOrganization();
  ({ agent } = await newAgent(organization));
  admin = await newMember(organization, "admin");
});

const read = async (id: string): Promise<Json> => (await api(organization.read, "GET", `/mandates/${id}`)).body;
const newestDraft = async (): Promise<Json> =>
  (await api(organization.read, "GET", `/mandates?agent_id=${agent}&limit=1`)).body.data[0];
const draftWith = async (terms: Record<string, unknown>): Promise<Json> => {
  const body = { schema: 1, agent_id: agent, name: "Draft", currency: "USD", per_transaction_limit: 10, ...terms };
  const made = await api(organization.admin, "POST", "/mandates", {
    budgets: [{ period: "daily", limit: 10 }],
    ...body,
  });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return made.body;
};
const fresh = (): PostedFields => ({
  agent_id: [agent],
  name: ["Research"],
  currency: ["USD"],
  timezone: ["Europe/Ljubljana"],
  per_transaction_limit: ["25"],
  "budgets.0.period": ["monthly"],
  "budgets.0.limit": ["500"],
});
const post = (fields: PostedFields, button: string, path = "/mandates/new"): Promise<Page> =>
  admin.browser.post(`${admin.base}${path}`, { ...fields, do: button });
/** What stands right at a field of the page. */
const errorAt = ({ text }: Page, field: string): string | null =>
  new RegExp(`<p class="error" id="${field.replaceAll(".", "\\.")}-error">([^<]*)</p>`).exec(text)?.[1] ?? null;
const checksError = ({ text }: Page, field: string): string | null =>
  new RegExp(`name="${field.replaceAll(".", "\\.")}"[\\s\\S]*?<p class="error"[^>]*>([^<]*)</p>`).exec(text)?.[1] ??
  null;

describe("a new mandate", () => {
  it("is written as a draft, with what the form says", async () => {
    const page = await post({ ...fresh(), description: ["Data\nand more"], warning_threshold: ["70"] }, "save");
    expect([page.status, page.text]).toEqual([303, ""]);
    const { id, status, terms } = await newestDraft();
    expect(page.location).toBe(`${admin.base}/mandates/${id}?done=mandate_drafted`);
    expect([status, terms.description, terms.warning_threshold, terms.timezone]).toEqual([
      "draft",
      "Data\nand more",
      0.7,
      "Europe/Ljubljana",
    ]);
    expect((await admin.browser.get(page.location!)).text).toContain("The draft is saved.");
  });

  it.each(["standard", "research", "subscriptions", "travel", "strict", "nothing"])(
    "begins with %s",
    async (template) => {
      const page = await admin.browser.get(`${admin.base}/mandates/new?template=${template}&agent=${agent}`);
      const saved = await post(builderFields(page.text), "save");
      expect(saved.status).toBe(303);
    },
  );

  it("begins with another mandate's terms, whose budgets count for themselves", async () => {
    const like = await draftWith({ rules: [{ type: "geo", deny: ["US"] }] });
    const page = await admin.browser.get(`${admin.base}/mandates/new?from=${like.id}`);
    expect((await post(builderFields(page.text), "save")).status).toBe(303);
    const { terms } = await newestDraft();
    expect(terms.rules).toEqual([{ ...like.terms.rules[0], id: terms.rules[0].id }]);
    expect(terms.rules[0].id).not.toBe(like.terms.rules[0].id);
  });

  it("keeps nothing of a press that does not save, and shows what was typed", async () => {
    const before = await eventTypes(organization);
    const typed = { ...fresh(), name: ['<b>"Half'], per_transaction_limit: ["half"] };
    for (const button of ["add_budget", "add_rule:geo", "preview", "remove_budget:0", "anything"]) {
      const page = await post(typed, button);
      expect(page.status).toBe(200);
      expect(builderFields(page.text)).toMatchObject({ name: ['<b>"Half'], per_transaction_limit: ["half"] });
      expect(page.text).not.toContain("<b>");
    }
    expect(await eventTypes(organization)).toEqual(before);
  });

  it("can be built part by part", async () => {
    const parts = ["add_budget", ...RULE_TYPES.map((type) => `add_rule:${type}`), "rule_up:1", "remove_rule:10"];
    let fields = fresh();
    for (const button of parts) fields = builderFields((await post(fields, button)).text);
    const types = Object.entries(fields).flatMap(([name, [value]]) => (/^rules\.\d+\.type$/.test(name) ? [value] : []));
    expect(types).toEqual([RULE_TYPES[1], RULE_TYPES[0], ...RULE_TYPES.slice(2, 10)]);
    expect(fields["budgets.1.period"]).toEqual(["monthly"]);
  });

  it("offers no more budgets and rules than there can be, and refuses one more at its field", async () => {
    const budgets = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          [`budgets.${index}.period`, ["total"]],
          [`budgets.${index}.limit`, ["5"]],
        ]).flat(),
      );
    const rules = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          [`rules.${index}.type`, ["protocol"]],
          [`rules.${index}.allow`, ["x402"]],
        ]).flat(),
      );
    const most = await post(
      { ...fresh(), ...budgets(LIMITS.budgetsPerMandate), ...rules(LIMITS.rulesPerMandate) },
      "preview",
    );
    expect(most.text).not.toContain('value="add_budget"');
    expect(most.text).not.toContain('value="add_rule:geo"');
    const more = { ...fresh(), ...budgets(LIMITS.budgetsPerMandate + 1), ...rules(LIMITS.rulesPerMandate + 1) };
    const refused = await post(more, "save");
    expect([refused.status, errorAt(refused, "budgets"), errorAt(refused, "rules")]).toEqual([
      400,
      "At most 8 are possible.",
      "At most 32 are possible.",
    ]);
  });
});

describe("what is wrong stands at its field", () => {
  const rule = (type: string, fields: PostedFields): PostedFields => ({
    ...fresh(),
    "rules.0.type": ["protocol"],
    "rules.0.allow": ["x402"],
    "rules.1.type": [type],
    ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`rules.1.${name}`, value])),
  });

  it.each<readonly [string, PostedFields, string, string]>([
    [
      "vendor_allowlist",
      { vendors: ["example.com\nco.uk"] },
      "vendors",
      "“co.uk”: This is a public suffix: it would stand for hosts of strangers. Name a host below it.",
    ],
    [
      "vendor_blocklist",
      { vendors: ["*.example.com"] },
      "vendors",
      "“*.example.com”: Write the host without a wildcard: example.com matches itself and all its subdomains.",
    ],
    ["category", {}, "", "Fill in at least one of the two lists."],
    [
      "category",
      { deny: ["x".repeat(65)] },
      "deny",
      `“${"x".repeat(59)}…”: The category must have at most 64 characters.`,
    ],
    ["max_amount", { vendors: ["example.com"] }, "limit", "Fill this in."],
    ["max_amount", { limit: ["0.0000001"] }, "limit", "The amount must have at most 6 decimals."],
    ["vendor_budget", { vendors: [""], period: ["daily"], limit: ["5"] }, "vendors", "Give at least one."],
    ["rate_limit", { max_transactions: ["1.5"], window_minutes: ["60"] }, "max_transactions", "Write a whole number."],
    ["rate_limit", { max_transactions: ["1"], window_minutes: ["50000"] }, "window_minutes", "Must be at most 44640."],
    ["time_window", { days: ["mon"], start: ["8:00"], end: ["18:00"] }, "start", "Use HH:MM from 00:00 to 23:59."],
    [
      "time_window",
      { days: ["mon"], start: ["08:00"], end: ["08:00"] },
      "end",
      "Start and end are the same: nothing or everything? For the whole day use 00:00 to 24:00.",
    ],
    [
      "time_window",
      { days: ["mon"], start: ["08:00"], end: ["09:00"], timezone: ["Mars"] },
      "timezone",
      "Not a time zone of the IANA database, for example Europe/Berlin.",
    ],
    ["geo", {}, "", "Fill in at least one of the two lists."],
    ["geo", { allow: ["DE, XX"] }, "allow", "“XX”: Not an ISO 3166 country code, for example DE or GB."],
    ["approval", {}, "", "Say when to ask: above an amount, at the first purchase, or in which categories."],
    [
      "approval",
      { period: ["daily"], categories: ["data"] },
      "period",
      "A sum over a period needs an amount above which to ask.",
    ],
    ["approval", { above: ["1,000"] }, "above", "Write a plain number, for example 25 or 0.5."],
    ["approval", { above: ["5"], timeout_minutes: ["10081"] }, "timeout_minutes", "Must be at most 10080."],
    ["custom", { expression: [""] }, "expression", "Fill this in."],
    ["custom", { expression: ["amount == 5.0"] }, "expression", expect.stringContaining("amount") as unknown as string],
    ["nothing", {}, "", "Unknown rule type."],
  ])("of a rule: %s %j", async (type, fields, field, message) => {
    const page = await post(rule(type, fields), "save");
    expect(page.status).toBe(400);
    const said = errorAt(page, field === "" ? "rules.1" : `rules.1.${field}`)?.replaceAll("&#39;", "'") ?? null;
    expect(said).toEqual(message);
    expect(page.text).toContain("Nothing was saved.");
    // Everything that was typed is still there.
    const kept = builderFields(page.text);
    for (const [name, value] of Object.entries(fields)) expect([name, kept[`rules.1.${name}`]]).toEqual([name, value]);
  });

  it("of a rule whose boxes are all empty", async () => {
    const page = await post(rule("time_window", { start: ["08:00"], end: ["09:00"] }), "save");
    expect([page.status, checksError(page, "rules.1.days")]).toEqual([400, "Give at least one."]);
  });

  it.each<readonly [string, string, string, string]>([
    ["name", " ", "name", "Must not be empty."],
    ["agent_id", "", "agent_id", "Fill this in."],
    ["agent_id", "agt_0000000000000000000000", "agent_id", "No such agent."],
    ["currency", "XXX", "currency", "Not an ISO 4217 currency in use, for example USD."],
    ["timezone", "Mars", "timezone", "Not a time zone of the IANA database, for example Europe/Berlin."],
    ["per_transaction_limit", "", "per_transaction_limit", "Fill this in."],
    ["per_transaction_limit", "-1", "per_transaction_limit", "The amount must not be negative."],
    ["budgets.0.limit", "0", "budgets.0.limit", "The amount must be greater than zero."],
    ["valid_from", "soon", "valid_from", "Write date and time, for example 2026-12-31 23:59."],
    ["warning_threshold", "101", "warning_threshold", "Must be at most 100 %."],
    ["profiles", "no-such-card", "profiles", expect.stringContaining("no-such-card") as unknown as string],
  ])("of the mandate: %s = %j", async (name, value, field, message) => {
    const page = await post({ ...fresh(), [name]: [value] }, "save");
    expect([page.status, errorAt(page, field)]).toEqual([400, message]);
  });

  it("of a period that no list offers", async () => {
    const page = await post(rule("vendor_budget", { vendors: ["a.com"], period: ["yearly"], limit: ["5"] }), "save");
    expect([page.status, errorAt(page, "rules.1.period")]).toEqual([400, "Choose one of the list."]);
  });

  it("of an end before the beginning", async () => {
    const page = await post(
      { ...fresh(), valid_from: ["2027-01-02T00:00"], valid_until: ["2027-01-01T00:00"] },
      "save",
    );
    expect(errorAt(page, "valid_until")).toBe("The end must be after the beginning.");
  });

  it("of every kind at once, each with a link to it", async () => {
    const page = await post({ ...rule("vendor_allowlist", { vendors: ["co.uk"] }), name: [""] }, "save");
    expect([errorAt(page, "name"), errorAt(page, "rules.1.vendors")?.includes("public suffix")]).toEqual([
      "Must not be empty.",
      true,
    ]);
    expect(page.text).toContain('<a href="#rules.1.vendors">Rule 2: vendors</a>');
  });

  it("is shown by the preview as well, which saves nothing", async () => {
    const page = await post({ ...rule("geo", {}), name: [""] }, "preview");
    expect([page.status, errorAt(page, "rules.1"), errorAt(page, "name")]).toEqual([
      200,
      "Fill in at least one of the two lists.",
      "Must not be empty.",
    ]);
  });
});

describe("an edit", () => {
  const EVERYTHING = [
    { type: "vendor_allowlist", vendors: ["example.com", "a.b, c.d"] },
    { type: "category", allow: [], deny: [] },
    { type: "max_amount", limit: 0.000001, categories: ["data"] },
    { type: "vendor_budget", vendors: ["example.com"], period: "weekly", limit: 12.345678 },
    { type: "rate_limit", max_transactions: 3, window_minutes: 7 },
    { type: "time_window", days: ["fri", "sun"], start: "22:00", end: "24:00", timezone: "Asia/Tokyo" },
    { type: "geo", allow: ["DE"] },
    { type: "protocol", allow: [] },
    { type: "approval", above: 0, period: "daily", first_purchase_from_vendor: true, timeout_minutes: 90 },
    { type: "custom", expression: "hour > 3\r\n&& 'a<\"&' != vendor", description: "" },
  ];
  const FURTHER = {
    description: "One\r\ntwo <b>",
    timezone: "Europe/Ljubljana",
    valid_from: "2026-10-25T01:30:00.250Z",
    valid_until: "2027-12-31T23:59:59Z",
    warning_threshold: 0.07,
    agent_may_release: true,
    rules: EVERYTHING,
  };

  it("that changes nothing makes no version, whatever the terms are", async () => {
    const { id, hash } = await draftWith(FURTHER);
    const path = `/mandates/${id}/edit`;
    const fields = builderFields((await admin.browser.get(`${admin.base}${path}`)).text);
    const page = await post(fields, "save", path);
    expect(page.location).toBe(`${admin.base}/mandates/${id}?done=mandate_same`);
    // Through a press that comes back, too.
    const again = builderFields((await post(fields, "preview", path)).text);
    expect((await post(again, "save", path)).location).toContain("done=mandate_same");
    expect([(await read(id)).version, (await read(id)).hash]).toEqual([1, hash]);
  });

  it("that is saved as a new draft has the same terms", async () => {
    const { id, terms } = await draftWith(FURTHER);
    const path = `/mandates/${id}/edit`;
    const fields = builderFields((await admin.browser.get(`${admin.base}${path}`)).text);
    const page = await post(fields, "save_draft", path);
    const beside = await newestDraft();
    expect(page.location).toBe(`${admin.base}/mandates/${beside.id}/rehearse?run=start&done=mandate_drafted_beside`);
    expect([beside.id === id, beside.terms]).toEqual([false, terms]);
  });

  it("changes what was changed, and keeps ids", async () => {
    const { id, terms } = await draftWith({ rules: EVERYTHING.slice(0, 2) });
    const path = `/mandates/${id}/edit`;
    const fields = builderFields((await admin.browser.get(`${admin.base}${path}`)).text);
    const page = await post({ ...fields, per_transaction_limit: ["12.5"] }, "save", path);
    expect(page.location).toBe(`${admin.base}/mandates/${id}?done=mandate_saved`);
    expect((await read(id)).terms).toEqual({ ...terms, per_transaction_limit: 12.5 });
  });

  it("of a mandate in force says that it counts at once, and does", async () => {
    const { mandate } = await newAgent(organization);
    const path = `/mandates/${mandate}/edit`;
    const page = await admin.browser.get(`${admin.base}${path}`);
    expect(page.text).toContain("This mandate is in force.");
    expect(page.text).toContain("Save version 2: counts at once");
    const fields = builderFields(page.text);
    const refused = await post({ ...fields, currency: ["EUR"] }, "save", path);
    expect(errorAt(refused, "currency")).toBe("Create another mandate for another currency.");
    expect((await post({ ...fields, per_transaction_limit: ["1"] }, "save", path)).location).toContain(
      "mandate_counts",
    );
    expect(await read(mandate)).toMatchObject({ version: 2, status: "active" });
  });

  it("that somebody else was faster with says so, keeps what was typed, and can be saved over", async () => {
    const { id, terms } = await draftWith({});
    const path = `/mandates/${id}/edit`;
    const fields = builderFields((await admin.browser.get(`${admin.base}${path}`)).text);
    await api(organization.admin, "PUT", `/mandates/${id}`, { ...terms, name: "Theirs" }, { "if-match": '"1"' });
    const late = await post({ ...fields, name: ["Ours"] }, "save", path);
    expect(late.status).toBe(412);
    expect(late.text).toContain("Somebody else was faster.");
    expect(late.text).toContain(`/mandates/${id}/versions?from=1&amp;to=2`);
    const kept = builderFields(late.text);
    expect([kept.name, kept.version, (await read(id)).terms.name]).toEqual([["Ours"], ["1"], "Theirs"]);
    expect((await post(kept, "save_over:2", path)).status).toBe(303);
    expect(await read(id)).toMatchObject({ version: 3, terms: { name: "Ours" } });
  });

  it("of a mandate that has ended leads back to it", async () => {
    const { id } = await draftWith({});
    await api(organization.admin, "POST", `/mandates/${id}/revoke`, {});
    const page = await admin.browser.get(`${admin.base}/mandates/${id}/edit`);
    expect([page.status, page.location]).toEqual([303, `${admin.base}/mandates/${id}`]);
    expect((await post(fresh(), "save", `/mandates/${id}/edit`)).location).toBe(`${admin.base}/mandates/${id}`);
  });

  it("with terms at their limit fits the form", async () => {
    // Each letter is two bytes there, and six in a form.
    const vendors = Array.from({ length: 110 }, (_, index) => `${"ж".repeat(130)} ${index}`);
    const { id } = await draftWith({ rules: [{ type: "vendor_allowlist", vendors }] });
    const path = `/mandates/${id}/edit`;
    const fields = builderFields((await admin.browser.get(`${admin.base}${path}`)).text);
    expect((await post(fields, "save", path)).location).toContain("done=mandate_same");
  });
});

describe("the words beside the form", () => {
  it("are the policy's, escaped, for whoever may build", async () => {
    const rule = {
      "rules.0.type": ["custom"],
      "rules.0.expression": ["amount < 5.0"],
      "rules.0.description": ["<script>x"],
    };
    const page = await admin.browser.post(`${admin.base}/mandates/preview`, { ...fresh(), ...rule });
    expect(page.status).toBe(200);
    expect(page.text).toContain("at most 25.00 USD per purchase");
    expect(page.text).toContain("at most 500.00 USD per month (Europe/Ljubljana)");
    expect(page.text).toContain("&lt;script&gt;x");
    expect(page.text).toContain("Complete. It can be saved.");
    expect(page.text).not.toContain("<script>");
  });

  it("say how much is missing", async () => {
    const page = await admin.browser.post(`${admin.base}/mandates/preview`, { ...fresh(), name: [""] });
    expect(page.text).toContain("One thing is missing or not right yet.");
  });
});
