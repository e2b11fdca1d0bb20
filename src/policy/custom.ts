import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { LIMITS } from "../limits.ts";
import { MICROS_PER_MAJOR } from "../money.ts";
import { err, ok, type Result } from "../result.ts";
import type { PurchaseRequest } from "./types.ts";
import type { LocalTime } from "./zone.ts";

/** What an expression can read. `hour`, `minute`, `weekday` (0 = Sunday) are local to the mandate's zone. */
export const CUSTOM_VARIABLES = {
  amount: "double",
  currency: "string",
  vendor: "string",
  category: "string",
  protocol: "string",
  country: "string",
  agent_id: "string",
  hour: "int",
  minute: "int",
  weekday: "int",
} as const;
export type CustomVariable = keyof typeof CUSTOM_VARIABLES;

/**
 * An allow list, because the library cannot take functions away: `matches` runs a backtracking regular expression
 * (2.5 s for 28 characters, measured), and comprehension macros multiply work.
 */
const FUNCTIONS = new Set(["size", "startsWith", "endsWith", "contains", "lowerAscii", "double", "int"]);
const OPERATORS = new Set("value id call rcall list ?: || && !_ -_ == != in + - * / % < <= > >=".split(" "));

const environment = new Environment({
  unlistedVariablesAreDyn: false,
  limits: {
    maxAstNodes: LIMITS.customExpressionNodes,
    maxDepth: LIMITS.customExpressionDepth,
    maxListElements: LIMITS.customExpressionNodes,
    maxMapEntries: 1,
    maxCallArguments: 4,
  },
});
for (const [name, type] of Object.entries(CUSTOM_VARIABLES)) environment.registerVariable(name, type);

export interface CompiledExpression {
  readonly uses: ReadonlySet<CustomVariable>;
  /** Amounts (micros) at and next to the numbers in the expression: where its verdict is likely to change. */
  readonly breakpoints: readonly number[];
  /** `error`: the expression failed, or needs something that the purchase does not say. Never throws. */
  evaluate(request: PurchaseRequest, local: LocalTime | null): "true" | "false" | "error";
}

/** Parses and checks an expression. The error is a sentence for the person who wrote it. */
export function compileExpression(expression: string): Result<CompiledExpression, string> {
  const checked = read(expression);
  return checked.ok ? ok(ready(checked.value.run, checked.value.survey)) : checked;
}

/**
 * What is wrong with an expression that somebody wants to save or to rehearse, or null. Stricter than `compileExpression`:
 * it also bounds what one evaluation costs. A mandate that was saved before this bound keeps deciding as it did.
 */
export function refusalOfExpression(expression: string): string | null {
  const checked = read(expression);
  return checked.ok ? costly(checked.value.run.ast) : checked.error;
}

interface Checked {
  readonly run: ReturnType<typeof environment.parse>;
  readonly survey: Survey;
}

function read(expression: string): Result<Checked, string> {
  if (expression.trim() === "") return err("The expression is empty.");
  if (expression.length > LIMITS.customExpressionChars) {
    return err(`The expression must have at most ${LIMITS.customExpressionChars} characters.`);
  }
  try {
    const run = environment.parse(expression);
    const survey: Survey = { uses: new Set(), numbers: new Set(), nodes: 0 };
    const refusal = inspect(run.ast, 1, survey);
    if (refusal !== null) return err(refusal);
    const checked = run.check();
    if (!checked.valid) return err(`The expression is not valid: ${summaryOf(checked.error)}.`);
    if (checked.type !== "bool") return err("The expression must be true or false, for example amount < 20.0.");
    return ok({ run, survey });
  } catch (error) {
    return err(`The expression cannot be read: ${summaryOf(error)}.`);
  }
}

const summaryOf = (error: unknown): string => {
  const summary = (error as { summary?: unknown } | undefined)?.summary;
  return (typeof summary === "string" ? summary : "syntax error").slice(0, 200).replace(/\.$/, "");
};

interface Survey {
  readonly uses: Set<CustomVariable>;
  readonly numbers: Set<number>;
  nodes: number;
}

/** Walks the tree before anything else trusts it; returns why it is refused. Depth and size are the library's too. */
function inspect(node: ASTNode, depth: number, survey: Survey): string | null {
  survey.nodes += 1;
  if (survey.nodes > LIMITS.customExpressionNodes) {
    return `The expression must have at most ${LIMITS.customExpressionNodes} parts.`;
  }
  if (depth > LIMITS.customExpressionDepth) {
    return `The expression must be nested at most ${LIMITS.customExpressionDepth} deep.`;
  }
  if (!OPERATORS.has(node.op)) return "The expression uses something that is not allowed in a rule.";
  if (node.op === "id") {
    if (!Object.hasOwn(CUSTOM_VARIABLES, node.args)) {
      return `Unknown variable. Known are: ${Object.keys(CUSTOM_VARIABLES).join(", ")}.`;
    }
    survey.uses.add(node.args as CustomVariable);
    return null;
  }
  if (node.op === "value") return literal(node.args, survey);
  if ((node.op === "call" || node.op === "rcall") && !FUNCTIONS.has(node.args[0])) {
    return `This function is not allowed. Allowed are: ${[...FUNCTIONS].join(", ")}.`;
  }
  for (const child of children(node)) {
    const refusal = inspect(child, depth + 1, survey);
    if (refusal !== null) return refusal;
  }
  if ((node.op === "==" || node.op === "!=" || node.op === "in") && node.args.some(carriesAmount)) {
    return "Compare amount with <, <=, > or >=: an amount in major units is a floating-point number, and == on it misleads.";
  }
  return null;
}

function literal(value: unknown, survey: Survey): string | null {
  if (typeof value === "number" || typeof value === "bigint") {
    survey.numbers.add(Number(value));
    return null;
  }
  if (typeof value === "string" || typeof value === "boolean") return null;
  return "Only numbers, texts, true and false can stand in an expression.";
}

function children(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case "call":
      return node.args[1];
    case "rcall":
      return [node.args[1], ...node.args[2]];
    case "!_":
    case "-_":
      return [node.args];
    default:
      return node.args as readonly ASTNode[];
  }
}

const TEXT_FUNCTIONS: ReadonlySet<string> = new Set(["contains", "startsWith", "endsWith", "lowerAscii"]);

/**
 * Finds what makes an evaluation long. Searching a text in a text costs the product of their lengths, so no text may be
 * longer than one variable or literal: nothing is joined, and nothing but these is searched (22 ms for one expression of
 * 871 characters, measured). All else costs about what it reads, which the number of parts bounds.
 */
function costly(node: ASTNode): string | null {
  for (const child of isPlain(node) ? [] : children(node)) {
    const refusal = costly(child);
    if (refusal !== null) return refusal;
  }
  if (node.op === "+" && node.args.some(isTextOrList)) {
    return "Use + between numbers only: texts and lists cannot be joined. Compare each by itself, for example vendor == 'a.com' || vendor.endsWith('.a.com').";
  }
  if (node.op === "rcall" && TEXT_FUNCTIONS.has(node.args[0]) && !children(node).every(isPlain)) {
    const name = node.args[0];
    return name === "lowerAscii"
      ? "Call lowerAscii on a variable or a literal itself, for example category.lowerAscii()."
      : `Call ${name} on a variable with a literal or another variable, for example vendor.${name}('a'): not with or on what is computed.`;
  }
  return null;
}

const isPlain = ({ op }: ASTNode): boolean => op === "id" || op === "value";

/** Of a node whose types were checked. Where branches have different types, one of them is enough. */
function isTextOrList(node: ASTNode): boolean {
  switch (node.op) {
    case "id":
      return CUSTOM_VARIABLES[node.args as CustomVariable] === "string";
    case "value":
      return typeof node.args === "string";
    case "list":
      return true;
    case "?:":
      return isTextOrList(node.args[1]) || isTextOrList(node.args[2]);
    case "+":
      return node.args.some(isTextOrList);
    case "rcall":
      return node.args[0] === "lowerAscii";
    default:
      return false;
  }
}

/** Does the value of this node derive from `amount`? What a comparison yields no longer does. */
function carriesAmount(node: ASTNode): boolean {
  switch (node.op) {
    case "id":
      return node.args === "amount";
    case "value":
    case "==":
    case "!=":
    case "in":
    case "<":
    case "<=":
    case ">":
    case ">=":
    case "&&":
    case "||":
    case "!_":
      return false;
    case "?:":
      return carriesAmount(node.args[1]) || carriesAmount(node.args[2]);
    default:
      return children(node).some(carriesAmount);
  }
}

/** CEL integers are bigint; 0 to 59 are all that a clock shows, so none is allocated per evaluation. */
const INTEGERS = Array.from({ length: 60 }, (_, value) => BigInt(value));

interface Variables {
  amount: number;
  currency: string;
  vendor: string;
  category: string;
  protocol: string;
  country: string;
  agent_id: string;
  hour: bigint;
  minute: bigint;
  weekday: bigint;
}

function ready(run: (context: Variables) => unknown, { uses, numbers }: Survey): CompiledExpression {
  const [needsAmount, needsCategory, needsCountry] = [uses.has("amount"), uses.has("category"), uses.has("country")];
  const readsClock = uses.has("hour") || uses.has("minute") || uses.has("weekday");
  return {
    uses,
    breakpoints: needsAmount ? breakpointsOf(numbers) : [],
    evaluate(request, local) {
      const { amount, category, country } = request;
      // CEL lets `||` and `?:` skip an operand that fails. A rule that reads what the purchase does not say must not
      // depend on the order of its operands, so missing input refuses whatever the rest says.
      if ((needsAmount && amount === null) || (needsCategory && category === null)) return "error";
      if ((needsCountry && country === null) || (readsClock && local === null)) return "error";
      const minuteOfDay = local === null ? 0 : local.minuteOfDay;
      try {
        const result = run({
          // Division of two exact numbers rounds correctly, so this is the double that the decimal text would give.
          amount: (amount ?? 0) / MICROS_PER_MAJOR,
          currency: request.currency,
          vendor: request.vendor,
          category: category ?? "",
          protocol: request.protocol,
          country: country ?? "",
          agent_id: request.agent_id,
          hour: INTEGERS[Math.floor(minuteOfDay / 60)]!,
          minute: INTEGERS[minuteOfDay % 60]!,
          weekday: INTEGERS[local === null ? 0 : local.weekday]!,
        });
        return result === true ? "true" : result === false ? "false" : "error";
      } catch {
        return "error";
      }
    },
  };
}

function breakpointsOf(numbers: ReadonlySet<number>): number[] {
  const points = new Set<number>();
  for (const number of numbers) {
    const point = Math.round(number * MICROS_PER_MAJOR);
    for (const near of [point - 1, point, point + 1]) {
      if (near > 0 && near <= LIMITS.amountMicros) points.add(near);
    }
  }
  return [...points];
}
