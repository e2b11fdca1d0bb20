import { redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Check } from "../../ui/choices.tsx";
import { type FieldErrors, Form, FormErrors, Input, Submit, TextArea } from "../../ui/form.tsx";
import { Badge, Card } from "../../ui/parts.tsx";
import { ALERT_GROUPS, ALERT_PARTS, type AlertPart } from "./alert-parts.ts";
import {
  type AlertValues,
  alertBody,
  alertField,
  alertSummary,
  alertValues,
  fieldName,
  inLines,
  typedAlerts,
} from "./alert-values.ts";
import { settingsPage } from "./frame.tsx";
import { errorsOn, isOvertaken, Overtaken } from "./refused.tsx";

export async function alertSettingsPage(visit: OrganizationVisit): Promise<Response> {
  const { settings, version } = await visit.api.get("getAlertSettings");
  const values = alertValues(settings);
  return page(visit, { now: values, shown: values, version }, null);
}

export async function saveAlertSettings(visit: OrganizationVisit): Promise<Response> {
  const { form, api, base } = visit;
  const body = { settings: alertBody(form) };
  const saved = await api.call("replaceAlertSettings", { body, if_match: form.text("version") });
  if (saved.ok) return redirect(`${base}/settings/alerts`, { done: "alerts_saved" });
  const { settings, version } = await api.get("getAlertSettings");
  return page(visit, { now: alertValues(settings), shown: typedAlerts(form), version }, inLines(saved));
}

interface State {
  /** As the settings are. */
  readonly now: AlertValues;
  /** As the form shows them. */
  readonly shown: AlertValues;
  readonly version: number;
}

function page(visit: OrganizationVisit, { now, shown, version }: State, refusal: ApiRefusal | null): Response {
  const { fields: errors, above } = errorsOn(visit.form, refusal, { fieldOf: alertField });
  const manage = mayManage(visit.organization);
  const overtaken = isOvertaken(refusal);
  return settingsPage(
    visit,
    {
      part: "alerts",
      title: "Alert settings",
      lead: "What is worth an alert. Alerts decide nothing, but where one is told to pause a mandate.",
      status: refusal?.status ?? 200,
    },
    <>
      {overtaken ? (
        <Overtaken what="The settings" fields={compared(now, shown)} />
      ) : (
        <FormErrors above={above} fields={errors} />
      )}
      <Form visit={visit} class="stack">
        {/* A refusal of the fields keeps the version that they were based on. */}
        <input
          type="hidden"
          name="version"
          value={refusal === null || overtaken ? String(version) : visit.form.text("version")}
        />
        {ALERT_GROUPS.map(({ title, kinds }) => (
          <Card title={title}>
            <fieldset class="bare" disabled={!manage}>
              <legend class="hidden">{title}</legend>
              <ul class="rows">
                {ALERT_PARTS.filter(({ kind }) => kinds.includes(kind)).map((part) => (
                  <Kind part={part} values={shown} errors={errors} manage={manage} />
                ))}
              </ul>
            </fieldset>
          </Card>
        ))}
        {manage ? (
          <div class="actions">
            <Submit>{overtaken ? "Save mine instead" : "Save the alerts"}</Submit>
          </div>
        ) : null}
      </Form>
    </>,
  );
}

const compared = (now: AlertValues, typed: AlertValues) =>
  ALERT_PARTS.map((part) => {
    const words = (values: AlertValues) =>
      [values.has(fieldName(part.kind, "enabled")) ? "On" : "Off", alertSummary(part, values)]
        .filter((one) => one !== "")
        .join(" · ");
    return { label: part.title, now: words(now), typed: words(typed) };
  });

interface KindProps {
  readonly part: AlertPart;
  readonly values: AlertValues;
  readonly errors: FieldErrors;
}

/** One kind: on or off at a glance, and what else can be set folded up below. */
function Kind({ part, values, errors, manage }: KindProps & { readonly manage: boolean }) {
  const { kind, title, words, severity } = part;
  const wrong = [...errors.keys()].some((name) => name.startsWith(`${kind}.`));
  const summary = alertSummary(part, values);
  return (
    <li class="alert-kind">
      <div>
        <Check
          name={fieldName(kind, "enabled")}
          label={
            <>
              <strong>{title}</strong> <Badge tone={severity.tone}>{severity.words}</Badge>
            </>
          }
          hint={words}
          checked={values.has(fieldName(kind, "enabled"))}
        />
        {manage ? (
          <details class="folded" open={wrong}>
            <summary>
              Adjust<span class="hidden">{` ${title}`}</span>
              {summary === "" ? null : <span class="soft">{` · ${summary}`}</span>}
            </summary>
            <Parameters part={part} values={values} errors={errors} />
          </details>
        ) : summary === "" ? null : (
          <p class="hint folded">{summary}</p>
        )}
      </div>
    </li>
  );
}

function Parameters({ part: { kind, pauses, numbers, perCurrency }, values, errors }: KindProps) {
  const field = (name: string) => fieldName(kind, name);
  return (
    <div class="stack">
      <div class="alert-numbers">
        {numbers.map(({ name, label, unit }) => (
          <Input
            name={field(name)}
            label={label}
            value={values.get(field(name))}
            inputmode="decimal"
            suffix={unit}
            errors={errors}
          />
        ))}
        <Input
          name={field("cooldown_minutes")}
          label="Not again for"
          value={values.get(field("cooldown_minutes"))}
          inputmode="numeric"
          suffix="minutes"
          optional
          hint="Left empty: an hour, and five minutes for critical ones."
          errors={errors}
        />
      </div>
      {perCurrency ? (
        <TextArea
          name={field("thresholds")}
          label="Other thresholds by currency"
          optional
          rows={2}
          value={values.get(field("thresholds"))}
          placeholder={"EUR 400\nJPY 60000"}
          hint="One a line."
          errors={errors}
        />
      ) : null}
      {pauses === undefined ? null : (
        <Check
          name={field("pause_mandate")}
          label="Pause the agent's mandate"
          hint={pauses}
          checked={values.has(field("pause_mandate"))}
        />
      )}
    </div>
  );
}
