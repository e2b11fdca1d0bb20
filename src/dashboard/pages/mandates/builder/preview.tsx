import { plain } from "../../../ui/words.ts";
import type { Description } from "../terms/describe.ts";

/** The terms in the sentences that agents and approvers will read; while a person types it is fetched anew. */
export function Preview({ description }: { readonly description: Description }) {
  const { purchase, budgets, rules, more, issues } = description;
  const lines = [purchase, ...budgets, ...rules, ...more].filter((line) => line !== null);
  return (
    <div id="preview-words">
      {lines.length === 0 ? (
        <p class="hint">As soon as there is a limit, it stands here in words.</p>
      ) : (
        <ul class="preview-list">
          {lines.map((line) => (
            <li>
              <bdi>{plain(line)}</bdi>
            </li>
          ))}
        </ul>
      )}
      {issues.length === 0 ? (
        <p class="preview-state good">Complete. It can be saved.</p>
      ) : (
        <p class="preview-state">
          {issues.length === 1
            ? "One thing is missing or not right yet."
            : `${issues.length} things are missing or not right yet.`}
        </p>
      )}
    </div>
  );
}
