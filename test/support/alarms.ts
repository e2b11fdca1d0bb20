import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

type Alarms = Pick<DurableObjectStorage, "getAlarm" | "setAlarm">;

/** So far ahead that none comes by itself, whatever a test makes of the clock. The platform ends in 2262. */
const AWAY_MS = 100 * 365 * 86_400_000;

let platform: Alarms | undefined;
let prototype: Alarms | undefined;

/**
 * Alarms come when a test runs them, and never by themselves: a clock that a test has set to a past day would make them
 * come at once, in the middle of another step, and `runDurableObjectAlarm` does nothing while one is under way.
 */
export async function holdAlarms(): Promise<void> {
  const nobody = env.ORGANIZATION.get(env.ORGANIZATION.newUniqueId());
  prototype ??= await runInDurableObject(nobody, (_object, { storage }) => Object.getPrototypeOf(storage) as Alarms);
  platform ??= { getAlarm: prototype.getAlarm, setAlarm: prototype.setAlarm };
  const { getAlarm, setAlarm } = platform;
  prototype.getAlarm = async function (this: DurableObjectStorage, ...rest) {
    const at = await getAlarm.apply(this, rest);
    return at === null ? null : at - AWAY_MS;
  };
  prototype.setAlarm = function (this: DurableObjectStorage, at, ...rest) {
    return setAlarm.call(this, Number(at) + AWAY_MS, ...rest);
  };
}

/** For a test of the real course of things, before it makes anything: alarms come by themselves, as on the platform. */
export function freeAlarms(): void {
  if (prototype !== undefined && platform !== undefined) Object.assign(prototype, platform);
}
