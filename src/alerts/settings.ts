import { LIMITS } from "../limits.ts";
import { currencyExponent, type Micros, micros, parseAmount, toMajor } from "../money.ts";
import { err, ok, type Result } from "../result.ts";
import type { AlertKind } from "./kinds.ts";

interface Common {
  readonly enabled: boolean;
  /** Null = by severity: an hour, critical ones five minutes. */
  readonly cooldown_minutes: number | null;
}
/**
 * Only of kinds that tell of what the agent itself did: an organization's budget is used up by all, and whoever buys last
 * is hardly to blame.
 */
interface Pausing extends Common {
  /** A critical alert pauses the active mandate of the agent that it is about. */
  readonly pause_mandate: boolean;
}

/** Parameters of every kind, with `A` for amounts: micros inside, major units at the edge. */
export interface SettingsOf<A> {
  readonly large_transaction: Common & {
    /** For every currency without one of its own. */
    readonly threshold: A;
    readonly thresholds: Readonly<Record<string, A>>;
  };
  readonly rate_spike: Pausing & { readonly max_per_minute: number };
  readonly new_vendor: Common;
  readonly budget_threshold: Common;
  readonly unusual_amount: Common & { readonly score: number; readonly minimum_sample: number };
  readonly repeated_rejections: Pausing & {
    readonly count: number;
    readonly critical_count: number;
    readonly window_minutes: number;
  };
  readonly overdraft: Pausing;
  readonly unknown_outcome: Pausing & { readonly after_minutes: number };
  readonly storage: Common;
  readonly webhook_disabled: Common;
  readonly dispute: Pausing;
}
export type AlertSettings = SettingsOf<Micros>;
/** As a person writes them: kinds and fields that are left out have their defaults. */
export type AlertSettingsInput = {
  readonly [K in AlertKind]?: Partial<SettingsOf<number>[K]> | undefined;
};

const common = { enabled: true, cooldown_minutes: null } as const;
const pausing = { ...common, pause_mandate: false } as const;

export const DEFAULT_SETTINGS: AlertSettings = {
  large_transaction: { ...common, threshold: micros(500_000_000), thresholds: {} },
  rate_spike: { ...pausing, max_per_minute: 10 },
  new_vendor: common,
  budget_threshold: common,
  unusual_amount: { ...common, score: 6, minimum_sample: 10 },
  repeated_rejections: { ...pausing, count: 10, critical_count: 50, window_minutes: 10 },
  overdraft: pausing,
  unknown_outcome: { ...pausing, after_minutes: 30 },
  storage: common,
  webhook_disabled: common,
  dispute: pausing,
};

interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** What the shapes cannot say: amounts, currencies, and what must fit together. */
export function readSettings(input: AlertSettingsInput): Result<AlertSettings, readonly FieldError[]> {
  const errors: FieldError[] = [];
  const amount = (value: number, path: string): Micros => {
    const parsed = parseAmount(value);
    if (parsed.ok) return parsed.value;
    errors.push({ path, message: parsed.error });
    return micros(0);
  };
  const { threshold, thresholds, ...large } = input.large_transaction ?? {};
  const path = "/large_transaction";
  const perCurrency = Object.entries(thresholds ?? {}).map(([currency, value]) => {
    if (currencyExponent(currency) === undefined) {
      errors.push({ path: `${path}/thresholds`, message: "Use ISO 4217 codes in use." });
    }
    return [currency, amount(value, `${path}/thresholds/${currency}`)] as const;
  });
  const defaults = DEFAULT_SETTINGS;
  const settings: AlertSettings = {
    large_transaction: {
      ...defaults.large_transaction,
      ...large,
      ...(threshold === undefined ? {} : { threshold: amount(threshold, `${path}/threshold`) }),
      thresholds: Object.fromEntries(perCurrency),
    },
    rate_spike: { ...defaults.rate_spike, ...input.rate_spike },
    new_vendor: { ...defaults.new_vendor, ...input.new_vendor },
    budget_threshold: { ...defaults.budget_threshold, ...input.budget_threshold },
    unusual_amount: { ...defaults.unusual_amount, ...input.unusual_amount },
    repeated_rejections: { ...defaults.repeated_rejections, ...input.repeated_rejections },
    overdraft: { ...defaults.overdraft, ...input.overdraft },
    unknown_outcome: { ...defaults.unknown_outcome, ...input.unknown_outcome },
    storage: { ...defaults.storage, ...input.storage },
    webhook_disabled: { ...defaults.webhook_disabled, ...input.webhook_disabled },
    dispute: { ...defaults.dispute, ...input.dispute },
  };
  if (settings.repeated_rejections.critical_count < settings.repeated_rejections.count) {
    errors.push({ path: "/repeated_rejections/critical_count", message: "Must not be less than count." });
  }
  return errors.length === 0 ? ok(settings) : err(errors);
}

/** The settings as every edge shows them: amounts in major units. */
export function settingsView(settings: AlertSettings): SettingsOf<number> {
  const { threshold, thresholds, ...large } = settings.large_transaction;
  return {
    ...settings,
    large_transaction: {
      ...large,
      threshold: toMajor(threshold),
      thresholds: Object.fromEntries(Object.entries(thresholds).map(([code, value]) => [code, toMajor(value)])),
    },
  };
}

/** Stored settings, made whole: a kind that came later than they did has its defaults. */
export function wholeSettings(stored: Partial<AlertSettings>): AlertSettings {
  return { ...DEFAULT_SETTINGS, ...stored };
}

/** What is bounded about the parameters, for the shapes at the edge. */
export const SETTING_BOUNDS = {
  cooldown_minutes: [0, LIMITS.alertCooldownMinutesMax],
  max_per_minute: [1, LIMITS.alertCountMax],
  score: [1, LIMITS.alertScoreMax],
  minimum_sample: [3, LIMITS.alertSample],
  count: [1, LIMITS.alertCountMax],
  window_minutes: [1, LIMITS.alertWindowMinutesMax],
  after_minutes: [1, LIMITS.alertUnknownMinutesMax],
} as const satisfies Record<string, readonly [number, number]>;
