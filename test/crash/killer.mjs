/** Kills the runtime of a service at chosen points of its payments, again and again. */
import { recovered, sleep } from "./waiting.mjs";

/** A point that nobody passes in this time gives way to the next one. */
const PATIENCE_MS = 30_000;
/** Without a kill for so long the run goes no further. */
const STUCK_MS = 180_000;

/** @param {readonly string[]} points All that may be passed. */
export function createKiller(points) {
  const passed = Object.fromEntries(points.map((point) => [point, 0]));
  const kills = [];
  const missed = [];
  /** The next kill: at which point, after how many others have passed it, and of which process. */
  let armed = null;

  return {
    passed,
    kills,
    missed,

    /** Somebody passes a point: when it is the chosen one, the process that he waits for is gone before he has an answer. */
    reached(point) {
      passed[point] += 1;
      if (armed === null || armed.point !== point) return;
      armed.skip -= 1;
      if (armed.skip >= 0) return;
      const { pid, done } = armed;
      armed = null;
      process.kill(pid, "SIGKILL");
      done(true);
    },

    /**
     * Walks through the points in rounds, each round in another order.
     *
     * @param options.wanted So many kills.
     * @param options.rare Points that are passed rarely: every passing counts.
     * @param options.counts The client's.
     * @param options.died Called after each kill.
     */
    async run({ walked, rare, wanted, random, service, adminKey, counts, died = () => {} }) {
      const order = [];
      let last = Date.now();
      while (kills.length < wanted && !service.ended() && Date.now() - last < STUCK_MS) {
        if (order.length === 0) order.push(...walked.map((point) => [random.between(0, 1), point]).sort());
        const [, point] = order.shift();
        await sleep(random.between(200, 900));
        const pid = service.runtime();
        if (pid === null) continue;
        const doubtBefore = counts.in_doubt_calls;
        const isHit = await new Promise((done) => {
          armed = { point, pid, done, skip: random.integer(0, rare.includes(point) ? 1 : 6) };
          setTimeout(done, PATIENCE_MS, false);
        });
        armed = null;
        if (!isHit) {
          missed.push(point);
          continue;
        }
        died();
        const recovery_ms = await recovered(service, adminKey, pid);
        kills.push({ point, pid, recovery_ms, in_doubt: counts.in_doubt_calls - doubtBefore });
        last = Date.now();
        if (process.stdout.isTTY) process.stdout.write(`\r${kills.length} kills`);
      }
      if (process.stdout.isTTY) process.stdout.write("\r");
    },
  };
}
