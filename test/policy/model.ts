/**
 * The policy a second time, written against design §5 alone and as naively as possible: it scans the list of past
 * purchases and asks Intl for every wall clock. It shares no code with `src`, so agreement means something.
 */

const formatters = new Map<string, Intl.DateTimeFormat>();

export function wallClock(zone: string, instant: number) {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      weekday: "short",
    });
    formatters.set(zone, formatter);
  }
  const parts = Object.fromEntries(formatter.formatToParts(instant).map(({ type, value }) => [type, value]));
  return {
    date: `${parts.year}-${parts.month}-${parts.day}`,
    hour: Number(parts.hour),
    minute: Number(parts.minute),
    weekday: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(parts.weekday ?? ""),
  };
}

export function localLabel(kind: string, zone: string, instant: number): string {
  const { date, hour } = wallClock(zone, instant);
  if (kind === "total") return "total";
  if (kind === "monthly") return date.slice(0, 7);
  if (kind === "daily") return date;
  if (kind === "hourly") return `${date}T${String(hour).padStart(2, "0")}`;
  // The textbook way to ISO weeks: go to this week's Thursday and count weeks of its year.
  const thursday = new Date(`${date}T00:00:00Z`);
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const yearStart = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.ceil(((thursday.getTime() - yearStart) / 86_400_000 + 1) / 7);
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, "0")}`;
}

export interface Past {
  at: number;
  vendor: string;
  /** Micros, settled or held. */
  amount: number;
  currency: string;
  category: string | null;
}

export interface World {
  frozen: boolean;
  agentStatus: string | null;
  mandateStatus: string | null;
  organizationBudgets: { id: string; currency: string; period: string; timezone: string; limit: number }[];
  knownVendors: string[];
  pendingApprovals: number;
  past: Past[];
}

export interface Wish {
  agent_id: string;
  vendor: string;
  amount: number;
  currency: string;
  category: string | null;
  protocol: string;
  country: string | null;
  approved_rules: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: the model reads terms as plain JSON, knowing nothing of the types in src.
type Json = any;

const matchesAny = (entries: string[], vendor: string): boolean =>
  entries.some((entry) => vendor === entry || (entry.includes(".") && vendor.endsWith(`.${entry}`)));

/** Expressions that the property tests use, with their meaning. */
export const EXPRESSIONS: Record<
  string,
  (wish: Wish, clock: { hour: number; minute: number; weekday: number }) => boolean | null
> = {
  "amount < 40.0": (wish) => wish.amount < 40e6,
  "amount <= 5.0 || amount >= 20.0": (wish) => wish.amount <= 5e6 || wish.amount >= 20e6,
  "category == 'food' || amount < 10.0": (wish) =>
    wish.category === null ? null : wish.category === "food" || wish.amount < 10e6,
  "country != 'US'": (wish) => (wish.country === null ? null : wish.country !== "US"),
  "hour >= 6 && hour < 22": (_wish, clock) => clock.hour >= 6 && clock.hour < 22,
  "weekday in [1, 2, 3] || vendor.endsWith('.com')": (wish, clock) =>
    [1, 2, 3].includes(clock.weekday) || wish.vendor.endsWith(".com"),
  "10 / minute > 0": (_wish, clock) => (clock.minute === 0 ? null : Math.trunc(10 / clock.minute) > 0),
};

/** Outcome, and the codes of failed checks in the documented order. */
export function judge(
  terms: Json | null,
  wish: Wish,
  world: World,
  now: number,
): { outcome: string; failed: string[] } {
  const failed: string[] = [];
  const micros = (major: number) => Math.round(major * 1e6);
  const sum = (kind: string, zone: string, counts: (past: Past) => boolean) => {
    const label = localLabel(kind, zone, now);
    return world.past
      .filter((past) => past.at <= now && counts(past) && localLabel(kind, zone, past.at) === label)
      .reduce((total, past) => total + past.amount, 0);
  };

  if (world.frozen) failed.push("organization_frozen");
  if (world.agentStatus === null) failed.push("agent_not_found");
  else if (world.agentStatus !== "active") failed.push("agent_suspended");
  if (terms === null || world.mandateStatus !== "active") failed.push("no_active_mandate");
  if (terms?.valid_from && now < Date.parse(terms.valid_from)) failed.push("mandate_not_yet_valid");
  if (terms?.valid_until && now >= Date.parse(terms.valid_until)) failed.push("mandate_expired");
  const same = terms !== null && terms.currency === wish.currency;
  if (terms !== null && !same) failed.push("currency_mismatch");
  if (same) {
    if (wish.amount > micros(terms.per_transaction_limit)) failed.push("per_transaction_limit");
    for (const { period, limit } of terms.budgets) {
      const used = sum(period, terms.timezone, (past) => past.currency === terms.currency);
      if (used + wish.amount > micros(limit)) failed.push("budget_exceeded");
    }
  }
  const mine = world.organizationBudgets.filter((budget) => budget.currency === wish.currency);
  if (world.organizationBudgets.length > 0 && mine.length === 0) failed.push("organization_budget_exceeded");
  for (const { period, timezone, limit } of mine) {
    const used = sum(period, timezone, (past) => past.currency === wish.currency);
    if (used + wish.amount > limit) failed.push("organization_budget_exceeded");
  }
  let asks = false;
  for (const rule of terms?.rules ?? []) {
    const verdict = judgeRule(rule, terms, wish, world, now, same, sum);
    if (verdict === "asks") asks = true;
    else if (verdict !== null) failed.push(verdict);
  }
  if (asks && world.pendingApprovals >= 5) failed.push("too_many_pending_approvals");
  return { outcome: failed.length > 0 ? "rejected" : asks ? "approval_required" : "approved", failed };
}

function judgeRule(
  rule: Json,
  terms: Json,
  wish: Wish,
  world: World,
  now: number,
  same: boolean,
  sum: (kind: string, zone: string, counts: (past: Past) => boolean) => number,
): string | null {
  const micros = (major: number) => Math.round(major * 1e6);
  const inCategories = (category: string | null) =>
    rule.categories === undefined || category === null || rule.categories.includes(category);
  switch (rule.type) {
    case "vendor_allowlist":
      return matchesAny(rule.vendors, wish.vendor) ? null : "vendor_not_allowed";
    case "vendor_blocklist":
      return matchesAny(rule.vendors, wish.vendor) ? "vendor_blocked" : null;
    case "category":
      if (wish.category === null) return rule.allow ? "category_missing" : null;
      if (rule.deny?.includes(wish.category)) return "category_not_allowed";
      return rule.allow && !rule.allow.includes(wish.category) ? "category_not_allowed" : null;
    case "max_amount":
      if (!same || (rule.vendors && !matchesAny(rule.vendors, wish.vendor)) || !inCategories(wish.category))
        return null;
      return wish.amount > micros(rule.limit) ? "max_amount_exceeded" : null;
    case "vendor_budget": {
      if (!same || !matchesAny(rule.vendors, wish.vendor)) return null;
      const counts = (past: Past) => past.currency === terms.currency && matchesAny(rule.vendors, past.vendor);
      return sum(rule.period, terms.timezone, counts) + wish.amount > micros(rule.limit)
        ? "vendor_budget_exceeded"
        : null;
    }
    case "rate_limit": {
      if (rule.vendors && !matchesAny(rule.vendors, wish.vendor)) return null;
      const count = world.past.filter(
        (past) =>
          past.at <= now &&
          now - past.at < rule.window_minutes * 60_000 &&
          (!rule.vendors || matchesAny(rule.vendors, past.vendor)),
      ).length;
      return count >= rule.max_transactions ? "rate_limit_exceeded" : null;
    }
    case "time_window": {
      const { weekday, hour, minute } = wallClock(rule.timezone ?? terms.timezone, now);
      const names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
      const time = `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
      const today = rule.days.includes(names[weekday]);
      const yesterday = rule.days.includes(names[(weekday + 6) % 7]);
      const open =
        rule.start < rule.end
          ? today && time >= rule.start && time < rule.end
          : (today && time >= rule.start) || (yesterday && time < rule.end);
      return open ? null : "outside_time_window";
    }
    case "geo":
      if (wish.country === null) return "country_unknown";
      if (rule.deny?.includes(wish.country)) return "country_not_allowed";
      return rule.allow && !rule.allow.includes(wish.country) ? "country_not_allowed" : null;
    case "protocol":
      return rule.allow.includes(wish.protocol) ? null : "protocol_not_allowed";
    case "approval": {
      if (!inCategories(wish.category)) return null;
      let asks = rule.above === undefined && !rule.first_purchase_from_vendor;
      if (rule.first_purchase_from_vendor && !world.knownVendors.includes(wish.vendor)) asks = true;
      if (rule.above !== undefined && same) {
        const counts = (past: Past) => past.currency === terms.currency && inCategories(past.category);
        const before = rule.period ? sum(rule.period, terms.timezone, counts) : 0;
        if (before + wish.amount > micros(rule.above)) asks = true;
      }
      return asks && !wish.approved_rules.includes(rule.id) ? "asks" : null;
    }
    case "custom": {
      const meaning = EXPRESSIONS[rule.expression];
      if (meaning === undefined) return "unknown expression";
      if (rule.expression.includes("amount") && !same) return null;
      const result = meaning(wish, wallClock(terms.timezone, now));
      return result === null ? "custom_rule_error" : result ? null : "custom_rule_failed";
    }
    default:
      return "unknown_rule";
  }
}
