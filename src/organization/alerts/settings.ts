import {
  type AlertSettings,
  type AlertSettingsInput,
  readSettings,
  settingsView,
  wholeSettings,
} from "../../alerts/settings.ts";
import { badInput, Problem } from "../problem.ts";
import { changeOne, first } from "../sql.ts";
import { isoOrNull } from "../views.ts";
import type { Work } from "../work.ts";

interface SettingsRow {
  /** JSON, amounts in micros. What a person set; what the follower has reached. */
  readonly settings: string;
  readonly followed: string;
  readonly version: number;
  readonly updated_at: number | null;
  readonly storage_looked_at: number | null;
}

/** The event by which the follower meets a change of the settings. */
export const SETTINGS_CHANGED = "alerts.settings_changed";

function readRow(work: Work): SettingsRow {
  const row = first<SettingsRow>(work.sql, "SELECT * FROM alert_settings WHERE one = 1");
  if (row === undefined) throw new Error("the settings of the alerts have no row");
  return row;
}

/**
 * What the watch goes by: the settings as of the place that it has reached in the log. A watch that lags behind raises
 * what it would have raised in time.
 */
export function settingsInForce(work: Work): { readonly settings: AlertSettings; readonly lookedAt: number | null } {
  const { followed, storage_looked_at } = readRow(work);
  if (followed !== lastRead.text) {
    lastRead = { text: followed, settings: wholeSettings(JSON.parse(followed) as Partial<AlertSettings>) };
  }
  return { settings: lastRead.settings, lookedAt: storage_looked_at };
}

/** Read for every event and hardly ever another: the text decides, so it is the same for whichever organization. */
let lastRead = { text: "{}", settings: wholeSettings({}) };

/** The watch has reached a change of the settings. */
export function followSettings(work: Work, body: string | null): void {
  if (body === null) return;
  const { data } = JSON.parse(body) as { data: { settings: AlertSettings } };
  changeOne(work.sql, "UPDATE alert_settings SET followed = ? WHERE one = 1", JSON.stringify(data.settings));
}

export const rememberLook = (work: Work, at: number): void =>
  changeOne(work.sql, "UPDATE alert_settings SET storage_looked_at = ? WHERE one = 1", at);

/** The settings as a person sees them: the newest, amounts in major units. */
export function viewSettings(work: Work) {
  const row = readRow(work);
  const settings = wholeSettings(JSON.parse(row.settings) as Partial<AlertSettings>);
  return { settings: settingsView(settings), version: row.version, updated_at: isoOrNull(row.updated_at) };
}

/**
 * Replaces the settings; what is left out has its default.
 *
 * @throws Problem `version_mismatch`, `invalid_request`.
 */
export function replaceSettings(work: Work, input: AlertSettingsInput, basedOn: number): void {
  const { version } = readRow(work);
  if (version !== basedOn) {
    throw new Problem(412, "version_mismatch", "The settings were changed meanwhile. Read them again and repeat.", {
      version_now: version,
    });
  }
  const read = readSettings(input);
  if (!read.ok) {
    const errors = read.error.map(({ path, message }) => ({ path: `/settings${path}`, message }));
    throw badInput("The settings are not valid.", errors);
  }
  const next = version + 1;
  changeOne(
    work.sql,
    "UPDATE alert_settings SET settings = ?, version = ?, updated_at = ? WHERE one = 1",
    JSON.stringify(read.value),
    next,
    work.now,
  );
  work.log(SETTINGS_CHANGED, work.organization.id, { version: next, settings: read.value });
}
