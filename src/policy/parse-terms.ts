import type * as z from "zod";
import { LIMITS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { canonicalTerms } from "./canonical-terms.ts";
import { pointer } from "./json-pointer.ts";
import { type MandateTerms, mandateTermsInput } from "./terms.ts";

/** What is wrong with terms, and where (`path` is a JSON pointer). The message is for the person who wrote them. */
export interface TermsIssue {
  readonly path: string;
  readonly message: string;
}

export interface ParseTermsOptions {
  /** The organization's zone, for terms that name none. */
  readonly timezone: string;
  /** For terms that name no currency; without it the currency is required. */
  readonly currency?: string;
  /** Makes ids for budgets and rules that have none. */
  readonly newId: (prefix: "bud" | "rul") => string;
}

/**
 * Validates terms and puts them into the stored form: ids given, vendors and categories normalized, lists without
 * duplicates, instants in UTC, members in one order. Parsing its own result again changes nothing.
 */
export function parseTerms(input: unknown, options: ParseTermsOptions): Result<MandateTerms, TermsIssue[]> {
  const parsed = mandateTermsInput.safeParse(input);
  if (!parsed.success) return err(parsed.error.issues.flatMap(toIssues).slice(0, MAX_ISSUES));
  const issues: TermsIssue[] = [];
  const terms = canonicalTerms(parsed.data, options, issues);
  if (issues.length > 0) return err(issues.slice(0, MAX_ISSUES));
  const bytes = new TextEncoder().encode(JSON.stringify(terms)).length;
  if (bytes > LIMITS.termsBytes) {
    return err([{ path: "", message: `The terms must have at most ${LIMITS.termsBytes} bytes; these have ${bytes}.` }]);
  }
  return ok(terms);
}

const MAX_ISSUES = 50;

function toIssues(issue: z.core.$ZodIssue): TermsIssue[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: pointer([...issue.path, key]), message: "Unknown field." }));
  }
  if (issue.code === "invalid_union" && issue.path.at(-1) === "type") {
    return [{ path: pointer(issue.path), message: "Unknown rule type." }];
  }
  return [{ path: pointer(issue.path), message: issue.message }];
}
