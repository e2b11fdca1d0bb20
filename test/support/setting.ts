/**
 * A number from the environment, for longer runs and for replays. vitest hands only `VITE_*` into workerd, so
 * `VITE_FUZZ_RUNS=10000 vitest run …`; the bare name works where the configuration binds it.
 */
export function setting(name: string, fallback: number): number {
  const value = Number(process.env[`VITE_${name}`] ?? process.env[name] ?? fallback);
  return Number.isFinite(value) && value >= 0 ? value : fallback;
}
