import { LIMITS } from "../../../limits.ts";
import { redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import type { DashboardForm } from "../../form.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { type FieldErrors, Form, FormErrors, Input, Select, Submit } from "../../ui/form.tsx";
import { BudgetBar, Card, Empty, Notice, When } from "../../ui/parts.tsx";
import { settingsPage } from "./frame.tsx";
import { errorsOn, isOvertaken } from "./refused.tsx";

/** One budget as it is typed. The id stays with it, so that what it has counted stays too. */
interface Row {
  readonly id: string;
  readonly currency: string;
  readonly period: string;
  readonly limit: string;
}

const PERIODS = [
  { value: "hourly", label: "Per hour" },
  { value: "daily", label: "Per day" },
  { value: "weekly", label: "Per week (from Monday)" },
  { value: "monthly", label: "Per month" },
  { value: "total", label: "In total" },
] as const;

export async function budgetsPage(visit: OrganizationVisit): Promise<Response> {
  const { budgets, version } = await visit.api.get("getOrganization");
  const rows = budgets.map(({ id, currency, period, limit }) => ({ id, currency, period, limit: String(limit) }));
  return page(visit, rows, String(version), null);
}

/** Rows are added and removed by buttons of the same form, which save nothing. */
export async function saveBudgets(visit: OrganizationVisit): Promise<Response> {
  const { form, api, base } = visit;
  const rows = rowsOf(form);
  const version = form.text("version");
  const step = form.text("step");
  if (step === "add") {
    const more = { id: "", currency: rows.at(-1)?.currency ?? "USD", period: "monthly", limit: "" };
    return page(visit, [...rows, more].slice(0, LIMITS.organizationBudgets), version, null);
  }
  if (step.startsWith("remove.")) {
    const gone = Number(step.slice("remove.".length));
    return page(visit, rows.toSpliced(gone, 1), version, null);
  }
  const budgets = rows.map(({ id, currency, period }, index) => ({
    ...(id === "" ? {} : { id }),
    currency,
    period,
    limit: form.number(`budgets.${index}.limit`),
  }));
  const saved = await api.call("setOrganizationBudgets", { body: { budgets }, if_match: version });
  return saved.ok ? redirect(`${base}/settings/budgets`, { done: "budgets_saved" }) : page(visit, rows, version, saved);
}

/** An id is in no field that anybody sees; what can be wrong with it is that the budget has another currency, or is gone. */
const fieldOf = (pointer: string): string => pointer.slice(1).replace(/\/id$/, "/currency").replaceAll("/", ".");

function rowsOf(form: DashboardForm): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < LIMITS.organizationBudgets && form.checked(`budgets.${at}.limit`); at++) {
    const field = (name: string) => form.text(`budgets.${at}.${name}`);
    rows.push({
      id: field("id"),
      currency: field("currency").toUpperCase(),
      period: field("period"),
      limit: field("limit"),
    });
  }
  return rows;
}

async function page(
  visit: OrganizationVisit,
  rows: readonly Row[],
  version: string,
  refusal: ApiRefusal | null,
): Promise<Response> {
  const { fields: errors, above } = errorsOn(visit.form, refusal, { fieldOf });
  const { budgets, version: versionNow } = await visit.api.get("getOrganization");
  const overtaken = isOvertaken(refusal);
  const offered = overtaken
    ? rows.map((row) => (budgets.some(({ id }) => id === row.id) ? row : { ...row, id: "" }))
    : rows;
  return settingsPage(
    visit,
    {
      part: "budgets",
      title: "Organization budgets",
      lead: "They hold for all agents together, above every mandate.",
      status: refusal?.status ?? 200,
    },
    <>
      {overtaken ? <Overtaken /> : <FormErrors above={above} fields={errors} />}
      {budgets.length === 0 ? null : (
        <Card title="As they stand">
          {budgets.map(({ period, settled, held, limit, remaining, currency, resets_at }) => (
            <BudgetBar
              label={PERIODS.find(({ value }) => value === period)?.label ?? period}
              settled={settled}
              held={held}
              limit={limit}
              remaining={remaining}
              currency={currency}
              note={
                resets_at === null ? undefined : (
                  <>
                    resets <When at={resets_at} now={visit.now} timezone={visit.organization.timezone} />
                  </>
                )
              }
            />
          ))}
        </Card>
      )}
      {mayManage(visit.organization) ? (
        <Edit
          visit={visit}
          rows={offered}
          version={overtaken ? String(versionNow) : version}
          stored={budgets.length}
          errors={errors}
        />
      ) : budgets.length === 0 ? (
        <Empty icon="shield" title="No budget over all agents">
          Each agent is held to its own mandate alone.
        </Empty>
      ) : null}
    </>,
  );
}

/** What stands now is right below it, so nothing has to be compared here. */
const Overtaken = () => (
  <Notice tone="warn">
    <strong>Somebody else was faster.</strong> The organization changed while you were editing, so nothing of yours was
    saved. Look at the budgets as they stand, then save again to put yours in their place.
  </Notice>
);

function Edit({
  visit,
  rows,
  version,
  stored,
  errors,
}: {
  readonly visit: OrganizationVisit;
  readonly rows: readonly Row[];
  readonly version: string;
  /** How many there are now. */
  readonly stored: number;
  readonly errors: FieldErrors;
}) {
  if (rows.length === 0 && stored === 0) return <None visit={visit} version={version} />;
  return (
    <Card
      title="Budgets over all agents"
      hint="A purchase must fit all of them. As long as there is one, spending in a currency without a budget is refused. What the current period has used counts at once."
    >
      <Form visit={visit} class="stack">
        <input type="hidden" name="version" value={version} />
        {/* The first button of a form is what the Enter key presses. */}
        <button type="submit" class="hidden" tabindex={-1}>
          Save the budgets
        </button>
        {rows.length === 0 ? (
          <p>Saved like this, there is none any more, and each agent is held to its own mandate alone.</p>
        ) : null}
        {rows.map((row, at) => (
          <BudgetRow row={row} at={at} errors={errors} />
        ))}
        {rows.length < LIMITS.organizationBudgets ? (
          <div>
            <Submit kind="plain" name="step" value="add">
              Add a budget
            </Submit>
          </div>
        ) : null}
        <div class="actions">
          <Submit>Save the budgets</Submit>
        </div>
      </Form>
    </Card>
  );
}

const None = ({ visit, version }: { readonly visit: OrganizationVisit; readonly version: string }) => (
  <Empty
    icon="shield"
    title="No budget over all agents"
    action={
      <Form visit={visit}>
        <input type="hidden" name="version" value={version} />
        <Submit name="step" value="add">
          Add a budget
        </Submit>
      </Form>
    }
  >
    Each agent is held to its own mandate alone. A budget here bounds what all of them spend together; from the first
    one on, spending in a currency without a budget is refused.
  </Empty>
);

function BudgetRow({ row, at, errors }: { readonly row: Row; readonly at: number; readonly errors: FieldErrors }) {
  const name = (field: keyof Row) => `budgets.${at}.${field}`;
  return (
    <fieldset class="budget-row">
      <legend>{`Budget ${at + 1}`}</legend>
      <input type="hidden" name={name("id")} value={row.id} />
      <div class="budget-row-fields">
        <Select name={name("period")} label="Period" value={row.period} choices={PERIODS} errors={errors} />
        <Input name={name("limit")} label="At most" value={row.limit} inputmode="decimal" errors={errors} />
        <Input
          name={name("currency")}
          label="Currency"
          value={row.currency}
          maxlength={3}
          // What a budget has counted is in its currency, so it keeps it.
          readonly={row.id !== ""}
          errors={errors}
        />
        <Submit kind="plain" name="step" value={`remove.${at}`}>
          Remove
        </Submit>
      </div>
    </fieldset>
  );
}
