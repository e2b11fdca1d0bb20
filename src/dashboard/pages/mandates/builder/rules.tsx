import type { Child } from "hono/jsx";
import { LIMITS } from "../../../../limits.ts";
import { Icon } from "../../../ui/icons.tsx";
import { Card } from "../../../ui/parts.tsx";
import { RuleIcon } from "../../../ui/rule-icons.tsx";
import { plain } from "../../../ui/words.ts";
import { isRuleType, RULE_KINDS, RULE_TYPES } from "../terms/catalogue.ts";
import { RuleFields } from "./rule-fields.tsx";
import { type BuilderScene, builderPath } from "./scene.ts";

/** The rules of the form, one card each, and what can be added. */
export function Rules({ scene }: { readonly scene: BuilderScene }) {
  const { form, errors } = scene;
  const path = builderPath(scene);
  return (
    <Card
      id="rules"
      title="Rules"
      hint="Every purchase must pass all of them. No rules is fine too: the limits above always hold."
    >
      <FieldError name="rules" errors={errors} />
      {form.rules.map((_, index) => (
        <RuleCard scene={scene} index={index} />
      ))}
      {form.rules.length >= LIMITS.rulesPerMandate ? (
        <p class="hint">{`These are ${LIMITS.rulesPerMandate} rules, the most that a mandate can have.`}</p>
      ) : (
        <details class="add-rule" open={form.rules.length === 0}>
          <summary class="button plain">
            <Icon name="plus" /> Add a rule
          </summary>
          <ul class="rule-kinds">
            {RULE_TYPES.map((type) => (
              <li>
                <button
                  type="submit"
                  name="do"
                  value={`add_rule:${type}`}
                  formaction={`${path}#rule-${form.rules.length}`}
                  class="rule-kind"
                >
                  <span class="rule-icon">
                    <RuleIcon type={type} />
                  </span>
                  <span>
                    <strong>{RULE_KINDS[type].title}</strong>
                    <span class="hint">{RULE_KINDS[type].lead}</span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}

function RuleCard({ scene, index }: { readonly scene: BuilderScene; readonly index: number }) {
  const { form, errors, description } = scene;
  const fields = form.rules[index]!;
  const type = fields.text("type");
  const title = isRuleType(type) ? RULE_KINDS[type].title : "A rule of an unknown type";
  const words = description.rules[index] ?? null;
  const name = `rules.${index}`;
  const wrong = [...errors.keys()].some((one) => one === name || one.startsWith(`${name}.`));
  return (
    <section
      class={wrong ? "part rule wrong-part" : "part rule"}
      id={`rule-${index}`}
      aria-labelledby={`${name}-title`}
    >
      <div class="part-head">
        <span class="rule-icon">{isRuleType(type) ? <RuleIcon type={type} /> : null}</span>
        <div>
          <h3 id={`${name}-title`}>{title}</h3>
          <p class="hint" id={`${name}-words`}>
            {words === null ? "Not complete yet." : plain(words)}
          </p>
        </div>
        <div class="part-tools">
          <Tool
            scene={scene}
            act={`rule_up:${index}`}
            to={`rule-${index - 1}`}
            off={index === 0}
            label={`Move “${title}” up`}
          >
            ↑
          </Tool>
          <Tool
            scene={scene}
            act={`rule_down:${index}`}
            to={`rule-${index + 1}`}
            off={index === form.rules.length - 1}
            label={`Move “${title}” down`}
          >
            ↓
          </Tool>
          <Tool scene={scene} act={`remove_rule:${index}`} to="rules" label={`Remove “${title}”`}>
            Remove
          </Tool>
        </div>
      </div>
      <FieldError name={name} errors={errors} />
      <input type="hidden" name={`${name}.type`} value={type} />
      {fields.checked("id") ? <input type="hidden" name={`${name}.id`} value={fields.text("id")} /> : null}
      <RuleFields at={`${name}.`} fields={fields} errors={errors} currency={form.top.text("currency") || "currency"} />
    </section>
  );
}

/** A small button that changes the form and saves nothing. */
export const Tool = ({
  scene,
  act,
  to,
  label,
  off = false,
  children,
}: {
  readonly scene: Pick<BuilderScene, "visit" | "edited">;
  readonly act: string;
  /** What of the page the browser shows next. */
  readonly to: string;
  readonly label: string;
  readonly off?: boolean;
  readonly children?: Child;
}) => (
  <button
    type="submit"
    name="do"
    value={act}
    formaction={`${builderPath(scene)}#${to}`}
    class="tool"
    aria-label={label}
    title={label}
    disabled={off}
  >
    {children}
  </button>
);

export const FieldError = ({
  name,
  errors,
}: {
  readonly name: string;
  readonly errors: ReadonlyMap<string, string>;
}) => {
  const error = errors.get(name);
  return error === undefined ? null : (
    <p class="error" id={`${name}-error`}>
      {error}
    </p>
  );
};
