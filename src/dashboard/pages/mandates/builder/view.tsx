import { LinkButton, Notice, PageHead } from "../../../ui/parts.tsx";
import { plain } from "../../../ui/words.ts";
import { anchorOf, fieldWords } from "../terms/field-names.ts";
import { TEMPLATES } from "../terms/templates.ts";
import { Basics, Further } from "./details.tsx";
import { Limits } from "./limits.tsx";
import { Preview } from "./preview.tsx";
import { Rules } from "./rules.tsx";
import { type BuilderScene, builderPath } from "./scene.ts";
import { Suggestions } from "./suggestions.tsx";

/**
 * The builder: one form that can say everything that terms can. Its buttons send it to its own address, where it comes
 * back with one part more or less; only "save" saves.
 */
export function Builder({ scene }: { readonly scene: BuilderScene }) {
  const { visit, edited, form } = scene;
  const { base } = visit;
  const agent = scene.agents.get(form.top.text("agent_id"));
  return (
    <>
      <PageHead
        title={edited === null ? "New mandate" : "Edit the mandate"}
        lead={
          edited === null ? (
            "What one agent may spend, and when a person is asked. It is a draft until you put it in force."
          ) : agent === undefined ? undefined : (
            <>
              For the agent <bdi>{plain(agent)}</bdi>.
            </>
          )
        }
        back={
          edited === null
            ? { href: `${base}/mandates`, label: "Mandates" }
            : { href: `${base}/mandates/${edited.id}`, label: "Mandate" }
        }
      />
      <Warnings scene={scene} />
      {edited === null ? <Templates scene={scene} /> : null}
      <form
        method="post"
        action={builderPath(scene)}
        autocomplete="off"
        novalidate
        class="builder"
        id="builder"
        data-builder={`${base}/mandates/preview`}
      >
        <input type="hidden" name="csrf" value={visit.csrf} />
        {/* What the Enter key presses: the first button of a form. */}
        <button type="submit" name="do" value="preview" class="hidden" tabindex={-1}>
          Preview
        </button>
        <div class="builder-parts">
          <Basics scene={scene} />
          <Limits scene={scene} />
          <Rules scene={scene} />
          <Further scene={scene} />
        </div>
        <aside class="builder-side" aria-labelledby="preview-title">
          <div class="card preview" id="preview">
            <h2 id="preview-title">In words</h2>
            <p class="hint">This is what the agent and approvers read.</p>
            <Preview description={scene.description} />
            <button
              type="submit"
              name="do"
              value="preview"
              formaction={`${builderPath(scene)}#preview`}
              class="button plain small"
            >
              Preview
            </button>
          </div>
          <Save scene={scene} />
        </aside>
        <Suggestions />
      </form>
    </>
  );
}

function Warnings({ scene }: { readonly scene: BuilderScene }) {
  const { visit, edited, newer, above, errors } = scene;
  const path = edited === null ? "" : `${visit.base}/mandates/${edited.id}`;
  return (
    <>
      {newer === null || edited === null ? null : (
        <Notice tone="warn">
          <strong>Somebody else was faster.</strong>{" "}
          {`This mandate is at version ${newer} now; you began with version ${edited.version}. `}
          Nothing was saved, and what you typed is still here.{" "}
          <a href={`${path}/versions?from=${edited.version}&to=${newer}`}>See what changed</a>, then save over it below,
          or <a href={`${path}/edit`}>begin again with the newest version</a>.
        </Notice>
      )}
      {above.length === 0 && errors.size === 0 ? null : (
        <Notice tone="bad">
          <p>
            <strong>Nothing was saved.</strong>{" "}
            {above.length > 0 ? above.join(" ") : "These are missing or not right yet:"}
          </p>
          {errors.size === 0 ? null : (
            <ul>
              {[...errors.keys()].map((name) => (
                <li>
                  <a href={`#${anchorOf(name)}`}>{fieldWords(name)}</a>
                </li>
              ))}
            </ul>
          )}
        </Notice>
      )}
      {edited === null || edited.status === "draft" ? null : (
        <Notice tone="info">
          <strong>{edited.status === "active" ? "This mandate is in force." : "This mandate is paused."}</strong> What
          you save becomes version {edited.version + 1} and counts from that moment on; what the current periods have
          used stays counted. To try it on past purchases first, save it as a draft.
        </Notice>
      )}
    </>
  );
}

function Templates({ scene }: { readonly scene: BuilderScene }) {
  const { visit, template, form } = scene;
  const agent = form.top.text("agent_id");
  return (
    <nav class="templates" aria-label="Begin with">
      <p class="label">Begin with</p>
      <ul>
        {Object.entries(TEMPLATES).map(([key, { title, lead }]) => (
          <li>
            <a
              href={`${visit.base}/mandates/new?template=${key}${agent === "" ? "" : `&agent_id=${encodeURIComponent(agent)}`}`}
              aria-current={key === template ? "true" : undefined}
            >
              <strong>{title}</strong>
              <span class="hint">{lead}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Save({ scene }: { readonly scene: BuilderScene }) {
  const { visit, edited, newer } = scene;
  const inForce = edited !== null && edited.status !== "draft";
  return (
    <div class="builder-save">
      {newer !== null ? (
        <button type="submit" name="do" value={`save_over:${newer}`} class="button main">
          {`Save over version ${newer}`}
        </button>
      ) : (
        <button type="submit" name="do" value="save" class="button main">
          {edited === null
            ? "Save draft"
            : inForce
              ? `Save version ${edited.version + 1}: counts at once`
              : "Save the draft"}
        </button>
      )}
      {inForce ? (
        <button type="submit" name="do" value="save_draft" class="button plain">
          Save as a draft to rehearse first
        </button>
      ) : null}
      <LinkButton href={edited === null ? `${visit.base}/mandates` : `${visit.base}/mandates/${edited.id}`}>
        Cancel
      </LinkButton>
      {edited === null ? (
        <p class="hint">A draft authorizes nothing. You can rehearse it on past purchases first.</p>
      ) : null}
    </div>
  );
}
