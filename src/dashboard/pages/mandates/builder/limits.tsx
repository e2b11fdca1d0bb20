import { LIMITS } from "../../../../limits.ts";
import { PERIOD_KINDS } from "../../../../policy/types.ts";
import { Input, Select } from "../../../ui/form.tsx";
import { Icon } from "../../../ui/icons.tsx";
import { Card } from "../../../ui/parts.tsx";
import { BUDGET_TITLES } from "../terms/catalogue.ts";
import { FieldError, Tool } from "./rules.tsx";
import { type BuilderScene, builderPath } from "./scene.ts";

/** What may be spent: per purchase, and in each budget. */
export function Limits({ scene }: { readonly scene: BuilderScene }) {
  const { form, errors, edited } = scene;
  const { top, budgets } = form;
  const currency = top.text("currency");
  const fixed = edited !== null && edited.status !== "draft";
  return (
    <Card id="limits" title="Limits" hint="They always hold, whatever the rules say.">
      <div class="fields">
        <Input
          name="per_transaction_limit"
          label="At most per purchase"
          value={top.text("per_transaction_limit")}
          errors={errors}
          inputmode="decimal"
          suffix={currency || "currency"}
        />
        <Input
          name="currency"
          label="Currency"
          value={currency}
          errors={errors}
          maxlength={3}
          list="currencies"
          readonly={fixed}
          hint={
            fixed
              ? "Fixed while the mandate is in force, because its budgets have counted in it."
              : "Purchases in another one are refused; nothing is converted. USDC counts as USD."
          }
        />
      </div>
      <h3 class="part-title">Budgets</h3>
      <p class="hint">How much may be spent in a period. A purchase must fit all of them.</p>
      <FieldError name="budgets" errors={errors} />
      {budgets.map((_, index) => (
        <Budget scene={scene} index={index} />
      ))}
      {budgets.length >= LIMITS.budgetsPerMandate ? (
        <p class="hint">{`These are ${LIMITS.budgetsPerMandate} budgets, the most that a mandate can have.`}</p>
      ) : (
        <button
          type="submit"
          name="do"
          value="add_budget"
          formaction={`${builderPath(scene)}#budget-${budgets.length}`}
          class="button plain small"
        >
          <Icon name="plus" /> Add a budget
        </button>
      )}
    </Card>
  );
}

function Budget({ scene, index }: { readonly scene: BuilderScene; readonly index: number }) {
  const { form, errors } = scene;
  const fields = form.budgets[index]!;
  const name = `budgets.${index}`;
  return (
    <div class="budget-line" id={`budget-${index}`}>
      {fields.checked("id") ? <input type="hidden" name={`${name}.id`} value={fields.text("id")} /> : null}
      <Select
        name={`${name}.period`}
        label={`Budget ${index + 1}`}
        value={fields.text("period")}
        errors={errors}
        choices={PERIOD_KINDS.map((value) => ({ value, label: BUDGET_TITLES[value] }))}
      />
      <Input
        name={`${name}.limit`}
        label="At most"
        value={fields.text("limit")}
        errors={errors}
        inputmode="decimal"
        suffix={form.top.text("currency") || "currency"}
      />
      <Tool scene={scene} act={`remove_budget:${index}`} to="limits" label={`Remove budget ${index + 1}`}>
        Remove
      </Tool>
      <FieldError name={name} errors={errors} />
    </div>
  );
}
