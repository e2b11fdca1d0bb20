import { LIMITS } from "../../../../limits.ts";
import { Check } from "../../../ui/choices.tsx";
import { Input, Select, TextArea } from "../../../ui/form.tsx";
import { Card } from "../../../ui/parts.tsx";
import { plain } from "../../../ui/words.ts";
import { Kept } from "./rule-parts.tsx";
import type { BuilderScene } from "./scene.ts";

/** For whom it is, and what it is called. */
export function Basics({ scene }: { readonly scene: BuilderScene }) {
  const { form, errors, agents, edited } = scene;
  const { top } = form;
  const agent = top.text("agent_id");
  return (
    <Card title="What it is for">
      {edited === null ? (
        <Select
          name="agent_id"
          label="Agent"
          value={agent}
          errors={errors}
          hint="A mandate stays with its agent."
          choices={[
            ...(agents.has(agent) ? [] : [{ value: "", label: "Choose an agent" }]),
            ...[...agents].map(([value, label]) => ({ value, label: plain(label) })),
          ]}
        />
      ) : (
        <>
          <input type="hidden" name="agent_id" value={agent} />
          <input type="hidden" name="version" value={String(edited.version)} />
        </>
      )}
      <Input
        name="name"
        label="Name"
        value={top.text("name")}
        errors={errors}
        maxlength={LIMITS.nameChars}
        placeholder="Research data"
      />
      <TextArea
        name="description"
        label="Description"
        optional
        value={top.text("description")}
        errors={errors}
        rows={2}
        maxlength={LIMITS.descriptionChars}
        hint="For people: what this agent buys, and for whom."
      />
      <Kept at="" fields={top} name="description" />
    </Card>
  );
}

/** When it holds, how it pays, and what is rarely changed. */
export function Further({ scene }: { readonly scene: BuilderScene }) {
  const { form, errors, profiles } = scene;
  const { top } = form;
  return (
    <>
      <Card title="Time" hint="Periods and hours are those of the calendar in this zone.">
        <Input
          name="timezone"
          label="Time zone"
          value={top.text("timezone")}
          errors={errors}
          list="zones"
          placeholder="Europe/Ljubljana"
        />
        <div class="fields">
          <Instant scene={scene} name="valid_from" label="Valid from" hint="Left empty: as soon as it is in force." />
          <Instant scene={scene} name="valid_until" label="Valid until" hint="Left empty: until somebody ends it." />
        </div>
      </Card>
      <Card title="Paying, warnings and leftovers">
        <TextArea
          name="profiles"
          label="Payment profiles"
          optional
          value={top.text("profiles")}
          errors={errors}
          rows={2}
          hint={
            profiles.length === 0
              ? "Cards, customers and addresses that the agent may pay with, by name. This organization has none yet."
              : `By name, one a line; the first of each kind is used unless the agent asks for another. There are: ${profiles.join(", ")}.`
          }
        />
        <Kept at="" fields={top} name="profiles" />
        <div class="fields">
          <Input
            name="warning_threshold"
            label="Warn when a budget is used by"
            optional
            value={top.text("warning_threshold")}
            errors={errors}
            inputmode="decimal"
            suffix="%"
            hint="80 if left empty."
          />
        </div>
        <Check
          name="agent_may_release"
          label="The agent may give back what it did not need"
          checked={top.checked("agent_may_release")}
          hint="When it reports a lower price than was held, the rest is free again. Otherwise a person decides that."
        />
      </Card>
    </>
  );
}

/** The picker of a browser where the value fits it; whatever else was typed stays visible as text. */
const Instant = ({
  scene: { form, errors },
  name,
  label,
  hint,
}: {
  readonly scene: BuilderScene;
  readonly name: "valid_from" | "valid_until";
  readonly label: string;
  readonly hint: string;
}) => {
  const value = form.top.text(name);
  const fits =
    value === "" || (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(value) && !value.startsWith("0000"));
  return (
    <div>
      <Input
        name={name}
        label={label}
        optional
        type={fits ? "datetime-local" : "text"}
        value={value}
        errors={errors}
        hint={hint}
      />
      <Kept at="" fields={form.top} name={name} />
    </div>
  );
};
