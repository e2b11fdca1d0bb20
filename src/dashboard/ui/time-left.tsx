import { spanWords } from "../../edge/approve/words.ts";

/** How long something still waits; it goes on ticking where there is script. */
export function TimeLeft({ until, now }: { readonly until: string | number; readonly now: number }) {
  const ms = typeof until === "number" ? until : Date.parse(until);
  const left = ms - now;
  return (
    <time class={left < 120_000 ? "left soon" : "left"} datetime={new Date(ms).toISOString()} data-ticks="left">
      {left <= 0 ? "Time is up" : `${spanWords(left)} left`}
    </time>
  );
}
