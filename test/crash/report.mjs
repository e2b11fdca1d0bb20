/** How a run says what it found. */

export function recoveryTimes(kills) {
  const times = kills.flatMap(({ recovery_ms }) => (recovery_ms === null ? [] : [recovery_ms])).sort((a, b) => a - b);
  const at = (share) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return `median ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`;
}

/** Prints figures and points, and answers how many points failed. */
export function print(rows, points) {
  for (const [name, value] of rows) console.log(`  ${name.padEnd(24)}${value}`);
  let failed = 0;
  for (const { name, findings } of points) {
    console.log(`${findings.length === 0 ? "pass" : "FAIL"}  ${name.padEnd(28)}${findings.length}`);
    for (const finding of findings.slice(0, 5)) console.log(`        ${finding}`);
    if (findings.length > 0) failed += 1;
  }
  console.log(`${points.length - failed} passed, ${failed} failed`);
  return failed;
}
