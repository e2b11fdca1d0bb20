import type { Child } from "hono/jsx";
import { Icon } from "./icons.tsx";

export interface Step {
  readonly title: string;
  readonly text: Child;
  readonly done: boolean;
  /** What to press; shown for the first step that is open. */
  readonly action?: Child;
}

/** What leads from nothing to the first purchase, with what is done already ticked off. */
export function Steps({ label, steps }: { readonly label: string; readonly steps: readonly Step[] }) {
  const next = steps.findIndex(({ done }) => !done);
  return (
    <ol class="setup-steps" aria-label={label}>
      {steps.map(({ title, text, done, action }, index) => (
        <li
          class={done ? "done" : index === next ? "next" : "later"}
          aria-current={index === next ? "step" : undefined}
        >
          <span class="setup-mark" aria-hidden="true">
            {done ? <Icon name="tick" /> : String(index + 1)}
          </span>
          <div>
            <p>
              <strong>{title}</strong>
              {done ? <span class="hidden"> (done)</span> : null}
            </p>
            <p class="hint">{text}</p>
            {index === next && action !== undefined ? <p>{action}</p> : null}
          </div>
        </li>
      ))}
    </ol>
  );
}
