/** The stand-in's own time: that of the machine, plus what a test has advanced it by. */

/** @param {() => number} now ms */
export function createClock(now) {
  let ahead = 0;
  let jobs = [];
  let alarm;
  const read = () => now() + ahead;

  const run = () => {
    for (;;) {
      const next = jobs.filter(({ due }) => due <= read()).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      jobs = jobs.filter((job) => job !== next);
      next.job();
    }
    arm();
  };
  const arm = () => {
    clearTimeout(alarm);
    if (jobs.length === 0) return;
    const wait = Math.min(...jobs.map(({ due }) => due)) - read();
    alarm = setTimeout(run, Math.min(Math.max(wait, 0), 2 ** 31 - 1));
    // A job that is due next week must not keep a process that has nothing else to do.
    alarm.unref();
  };

  return {
    /** ms */
    now: read,
    /** ms, without what was advanced. */
    machine: now,
    /** Unix seconds, as every `created` of Stripe. */
    seconds: () => Math.floor(read() / 1000),
    /** Runs `job` once so many ms have gone by, on this clock. */
    after(ms, job) {
      jobs.push({ due: read() + ms, job });
      arm();
    },
    advance(ms) {
      ahead += ms;
      run();
    },
    stop() {
      clearTimeout(alarm);
      jobs = [];
    },
  };
}
