import { WEEKDAYS } from "../../../../policy/rule-schemas.ts";
import { PROTOCOLS } from "../../../../policy/types.ts";
import { Check, Checks } from "../../../ui/choices.tsx";
import { Input, TextArea } from "../../../ui/form.tsx";
import { DAY_LABELS, PROTOCOL_LABELS } from "../terms/catalogue.ts";
import { Amount, field, Kept, Lines, Period, type RuleFieldsProps, rowsFor, VENDOR_HINT } from "./rule-parts.tsx";

/** The parameters of a rule, whatever its type. */
export function RuleFields(props: RuleFieldsProps) {
  switch (props.fields.text("type")) {
    case "vendor_allowlist":
    case "vendor_blocklist":
      return <Vendors {...props} />;
    case "category":
      return <CategoryLists {...props} />;
    case "max_amount":
      return <MaxAmount {...props} />;
    case "vendor_budget":
      return <VendorBudget {...props} />;
    case "rate_limit":
      return <RateLimit {...props} />;
    case "time_window":
      return <TimeWindow {...props} />;
    case "geo":
      return <Countries {...props} />;
    case "protocol":
      return <Protocols {...props} />;
    case "approval":
      return <Approval {...props} />;
    case "custom":
      return <Custom {...props} />;
    default:
      return null;
  }
}

type Props = RuleFieldsProps;

const Vendors = (props: Props) => (
  <Lines {...props} name="vendors" label="Vendors" hint={VENDOR_HINT} placeholder={"example.com\nAcme Data"} />
);

const OnlyAt = (props: Props) => (
  <Lines
    {...props}
    name="vendors"
    label="Only at these vendors"
    optional
    hint={`Left empty: at any vendor. ${VENDOR_HINT}`}
  />
);

/** Empty lists of what is allowed mean two things, so a box tells them apart. */
const AllowsNothing = ({ at, fields, label }: Props & { readonly label: string }) => (
  <Check
    name={`${at}allow.none`}
    label={label}
    checked={fields.checked("allow.none")}
    hint="Counts only while the list above is empty."
  />
);

const CategoryLists = (props: Props) => (
  <div class="fields">
    <div>
      <Lines
        {...props}
        name="allow"
        label="Only these categories"
        optional
        hint="One a line. A purchase without a category is then refused."
        placeholder={"data\nsoftware"}
      />
      <AllowsNothing {...props} label="Allow no category at all" />
    </div>
    <Lines
      {...props}
      name="deny"
      label="Never these categories"
      optional
      hint="One a line. Fill in one of the two lists, or both."
      placeholder="gambling"
    />
  </div>
);

const Countries = (props: Props) => (
  <>
    <div class="fields">
      <div>
        <Lines
          {...props}
          name="allow"
          label="Only from these countries"
          optional
          hint="Codes of two letters, such as DE, SI or US."
        />
        <AllowsNothing {...props} label="Allow no country at all" />
      </div>
      <Lines
        {...props}
        name="deny"
        label="Never from these countries"
        optional
        hint="Fill in one of the two lists, or both."
      />
    </div>
    <p class="hint">
      It is the country that the agent's client calls from. Hosted assistants call from their maker's data centre,
      wherever their user sits. An unknown country is refused.
    </p>
  </>
);

const MaxAmount = (props: Props) => (
  <>
    <div class="fields">
      <Amount
        {...props}
        name="limit"
        label="At most per purchase"
        hint="For the purchases below; others are not touched."
      />
    </div>
    <div class="fields">
      <OnlyAt {...props} />
      <OnlyIn {...props} />
    </div>
  </>
);

const OnlyIn = (props: Props) => (
  <Lines
    {...props}
    name="categories"
    label="Only in these categories"
    optional
    hint="Left empty: in all. One a line. A purchase that names no category is counted among them."
  />
);

const VendorBudget = (props: Props) => (
  <>
    <div class="fields">
      <Amount {...props} name="limit" label="At most" />
      <Period {...props} label="Per" />
    </div>
    <Lines {...props} name="vendors" label="Vendors, all together" hint={VENDOR_HINT} />
  </>
);

const RateLimit = (props: Props) => (
  <>
    <div class="fields">
      <Input {...field(props, "max_transactions")} label="At most" inputmode="numeric" suffix="purchases" />
      <Input
        {...field(props, "window_minutes")}
        label="In any"
        inputmode="numeric"
        suffix="minutes"
        hint="60 is an hour, 1440 a day, 44640 is 31 days and the most."
      />
    </div>
    <OnlyAt {...props} />
  </>
);

const WEEK = [...WEEKDAYS.slice(1), WEEKDAYS[0]];

const TimeWindow = (props: Props) => (
  <>
    <Checks
      name={`${props.at}days`}
      label="Days on which the window opens"
      values={props.fields.all("days")}
      errors={props.errors}
      choices={WEEK.map((value) => ({ value, label: DAY_LABELS[value] }))}
    />
    <div class="fields">
      <Input
        {...field(props, "start")}
        label="From"
        placeholder="08:00"
        inputmode="text"
        maxlength={5}
        hint="Hours and minutes, 00:00 to 23:59."
      />
      <Input
        {...field(props, "end")}
        label="Until"
        placeholder="18:00"
        maxlength={5}
        hint="The first minute outside. Before the start: on the next day. 24:00 is the end of the day."
      />
      <Input
        {...field(props, "timezone")}
        label="Time zone"
        optional
        list="zones"
        hint="Left empty: the mandate's own."
      />
    </div>
  </>
);

const Protocols = (props: Props) => (
  <Checks
    name={`${props.at}allow`}
    label="The agent may pay by"
    values={props.fields.all("allow")}
    errors={props.errors}
    hint="None ticked: nothing can be bought."
    choices={PROTOCOLS.map((value) => ({ value, label: PROTOCOL_LABELS[value] }))}
  />
);

const Approval = (props: Props) => (
  <>
    <div class="fields">
      <Amount
        {...props}
        name="above"
        label="Ask above"
        optional
        hint="Exactly this much is not asked about yet. 0 asks for every purchase."
      />
      <Period
        {...props}
        label="Compared with"
        none="Each purchase"
        hint="With a period, the sum of the period counts."
      />
    </div>
    <Check
      name={`${props.at}first_purchase_from_vendor`}
      label="Ask at the first purchase from a vendor"
      checked={props.fields.checked("first_purchase_from_vendor")}
      hint="Until the agent has completed one purchase there."
    />
    <div class="fields">
      <OnlyIn {...props} />
      <Input
        {...field(props, "timeout_minutes")}
        label="Wait for an answer"
        optional
        inputmode="numeric"
        suffix="minutes"
        hint="60 if left empty, at most 10080 (7 days). No answer in time counts as no."
      />
    </div>
  </>
);

const Custom = (props: Props) => (
  <>
    <Input
      {...field(props, "description")}
      label="In words"
      optional
      hint="Agents and approvers read this in place of the expression."
      placeholder="Small amounts outside .org"
    />
    <Kept at={props.at} fields={props.fields} name="description" />
    <TextArea
      {...field(props, "expression")}
      label="Must be true"
      mono
      rows={rowsFor(props.fields.text("expression"))}
      placeholder={'vendor.endsWith(".org") || amount < 5.0'}
      hint="An expression in CEL over amount, currency, vendor, category, protocol, country, agent_id, hour, minute and weekday (0 is Sunday). Whatever it cannot answer is refused."
    />
    <Kept at={props.at} fields={props.fields} name="expression" />
  </>
);
