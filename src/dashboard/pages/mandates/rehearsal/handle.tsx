import { organizationPage, redirect } from "../../../answer.tsx";
import type { ApiRefusal } from "../../../api.ts";
import { mayManage, type OrganizationVisit } from "../../../route.ts";
import { Input, Select } from "../../../ui/form.tsx";
import { Card, Notice, PageHead } from "../../../ui/parts.tsx";
import { plain } from "../../../ui/words.ts";
import { isInForce, type Mandate, StatusBadge, termsOf } from "../shown.tsx";
import { PutInForce } from "../status-actions.tsx";
import type { Simulation } from "./days.ts";
import { Differences } from "./figures.tsx";
import { optionsQuery, type RehearsalOptions, readOptions, simulationOf } from "./options.ts";
import { Result } from "./result.tsx";
import { type Shadow, ShadowCard } from "./shadow.tsx";

/** How often a page waits for its turn before it says that somebody else is at it. */
const TURNS = 10;
const TURN_SECONDS = 3;

/**
 * Rehearses a mandate on what its agent has really done. It may take seconds, so the first answer says that it is under
 * way and leads on to the result by itself: a browser shows the one until the other is there, with or without script.
 */
export async function rehearsalPage(visit: OrganizationVisit): Promise<Response> {
  const { mandate, shadow, inForce } = await sceneOf(visit);
  const options = readOptions(visit.url.searchParams, visit.now, visit.organization.timezone);
  const scene = { visit, mandate, shadow, inForce, options };
  if (options.run === "") return show(scene);
  if (options.run === "start") return show(scene, { waiting: { next: { ...options, run: "result" }, seconds: 0 } });
  const answer = await visit.api.call("simulateMandate", {
    params: { mandate_id: mandate.id },
    body: simulationOf(options, visit.organization.timezone),
  });
  if (answer.ok) return show(scene, { simulation: answer.body });
  if (answer.status === 429 && options.turn < TURNS) {
    return show(scene, { waiting: { next: { ...options, turn: options.turn + 1 }, seconds: TURN_SECONDS } });
  }
  return show(scene, { refusal: answer });
}

export async function setShadow(visit: OrganizationVisit): Promise<Response> {
  const on = visit.form.text("on") === "yes";
  const params = { mandate_id: visit.params.mandate_id ?? "" };
  const answer = await visit.api.call("setShadow", { params, body: { on } });
  if (answer.ok) {
    return redirect(`${visit.base}/mandates/${params.mandate_id}/rehearse`, {
      done: on ? "mandate_shadow_on" : "mandate_shadow_off",
    });
  }
  const options = readOptions(new URLSearchParams(), visit.now, visit.organization.timezone);
  return show({ visit, ...(await sceneOf(visit)), options }, { refusal: answer });
}

interface Scene {
  readonly visit: OrganizationVisit;
  readonly mandate: Mandate;
  readonly shadow: Shadow;
  /** The mandate that the agent has in force. */
  readonly inForce: string | null;
  readonly options: RehearsalOptions;
}

async function sceneOf({ api, params }: OrganizationVisit): Promise<Pick<Scene, "mandate" | "shadow" | "inForce">> {
  const mandate_id = params.mandate_id ?? "";
  const mandate = await api.get("getMandate", { params: { mandate_id } });
  const [shadow, agent] = await Promise.all([
    api.get("getShadow", { params: { mandate_id } }),
    api.get("getAgent", { params: { agent_id: mandate.agent_id } }),
  ]);
  return { mandate, shadow, inForce: agent.mandate_id };
}

interface Outcome {
  readonly simulation?: Simulation;
  readonly refusal?: ApiRefusal;
  readonly waiting?: { readonly next: RehearsalOptions; readonly seconds: number };
}

function show(scene: Scene, { simulation, refusal, waiting }: Outcome = {}): Response {
  const { visit, mandate, shadow, options } = scene;
  const { base } = visit;
  const terms = termsOf(mandate);
  const path = `${base}/mandates/${mandate.id}/rehearse`;
  const draft = mandate.status === "draft";
  // What was just done is said until the result is there as well.
  const done = visit.url.searchParams.has("done")
    ? `&done=${encodeURIComponent(visit.url.searchParams.get("done") ?? "")}`
    : "";
  const next = waiting === undefined ? null : `${path}${optionsQuery(waiting.next)}${done}`;
  const response = organizationPage(
    visit,
    { title: draft ? "Rehearse" : "Check the history", section: "mandates", status: refusal?.status ?? 200 },
    <>
      <PageHead
        title={draft ? "Rehearse" : "Check the history"}
        lead={
          draft
            ? "What these terms would have decided about purchases that really happened. It changes nothing."
            : "Every decision made again from its record, or by another version of this mandate. It changes nothing."
        }
        back={{ href: `${base}/mandates/${mandate.id}`, label: plain(terms.name) }}
      >
        <StatusBadge status={mandate.status} />
      </PageHead>
      {refusal === undefined ? null : (
        <Notice tone="bad">
          <strong>That did not work.</strong>{" "}
          {[refusal.detail, ...refusal.errors.map(({ message }) => message)].join(" ")}
        </Notice>
      )}
      {options.run === "" ? (
        <Card title="On which purchases?">
          <Question path={path} options={options} mandate={mandate} />
        </Card>
      ) : null}
      {next === null ? null : <Running next={next} turn={waiting?.next.turn ?? 0} />}
      {simulation === undefined ? null : (
        <Result visit={visit} simulation={simulation} terms={terms} options={options} path={path} />
      )}
      {options.run === "" ? null : (
        <Card title="Ask something else">
          <Question path={path} options={options} mandate={mandate} />
        </Card>
      )}
      {draft ? <Next scene={scene} /> : null}
      {shadow.on ? (
        <Differences
          visit={visit}
          title="Found while following"
          count={shadow.differences.count}
          differences={shadow.differences.newest}
        />
      ) : null}
    </>,
  );
  // The browser goes on by itself, also without script.
  if (next !== null) response.headers.set("refresh", `${waiting?.seconds ?? 0}; url=${next}`);
  return response;
}

function Question({
  path,
  options,
  mandate,
}: {
  readonly path: string;
  readonly options: RehearsalOptions;
  readonly mandate: Mandate;
}) {
  const versions = Array.from({ length: Math.min(mandate.version, 50) }, (_, index) => String(mandate.version - index));
  const current = mandate.status === "draft" ? `The newest (${mandate.version})` : "As each decision was made";
  return (
    <form method="get" action={path}>
      <input type="hidden" name="run" value="start" />
      <div class="fields">
        <Input name="since" label="From" type="date" value={options.since.slice(0, 10)} />
        <Input name="until" label="To" type="date" optional value={options.until} hint="Left empty: until now." />
        {mandate.version === 1 && mandate.status === "draft" ? null : (
          <Select
            name="version"
            label="By version"
            value={options.version}
            choices={[
              { value: "", label: current },
              ...versions.map((value) => ({ value, label: `Version ${value}` })),
            ]}
          />
        )}
        <Select
          name="assume"
          label="A person would"
          value={options.assume}
          hint="Where nobody was asked in reality."
          choices={[
            { value: "approved", label: "Approve: most is spent" },
            { value: "denied", label: "Deny: least is spent" },
          ]}
        />
      </div>
      <div class="actions">
        <button type="submit" class={`button ${options.run === "" ? "main" : "plain"}`}>
          {mandate.status === "draft" ? "Rehearse" : "Decide again"}
        </button>
      </div>
    </form>
  );
}

const Running = ({ next, turn }: { readonly next: string; readonly turn: number }) => (
  <div class="card running" role="status">
    <svg class="spinner" viewBox="0 0 20 20" aria-hidden="true">
      <circle cx="10" cy="10" r="8" />
    </svg>
    <div>
      <h2>{turn === 0 ? "Rehearsing…" : "Waiting for its turn…"}</h2>
      <p class="hint">
        {turn === 0
          ? "Every purchase is judged again, one after the other. Spending goes on undisturbed."
          : "Another rehearsal of this organization is under way. This one begins as soon as that has ended."}{" "}
        <a href={next}>Show the result</a>
      </p>
    </div>
  </div>
);

/** What comes after a rehearsal. */
function Next({ scene: { visit, mandate, shadow, inForce } }: { readonly scene: Scene }) {
  const { id, version } = mandate;
  return (
    <div class="columns even">
      <ShadowCard visit={visit} shadow={shadow} currency={termsOf(mandate).currency} />
      {mayManage(visit.organization) && !isInForce(mandate.status) ? (
        <Card
          title="Put it in force"
          hint={
            inForce === null
              ? "The agent has no mandate in force."
              : "It takes the place of the agent's mandate in one step, and counts on from what that has used."
          }
        >
          <PutInForce visit={visit} id={id} version={version} inForce={inForce} />
        </Card>
      ) : null}
    </div>
  );
}
