import { canonicalJson } from "../../../../canonical-json.ts";
import type { MandateTerms } from "../../../../policy/terms.ts";
import { organizationPage, redirect } from "../../../answer.tsx";
import type { ApiRefusal } from "../../../api.ts";
import type { OrganizationVisit } from "../../../route.ts";
import { Empty, LinkButton, PageHead } from "../../../ui/parts.tsx";
import { agentNames } from "../../transactions/names.ts";
import { agentsToChoose } from "../agents.ts";
import { describeTyped } from "../terms/describe.ts";
import { NOTHING_WRONG, type PlacedErrors, placeErrors } from "../terms/field-errors.ts";
import { formToTerms, type TypedTerms } from "../terms/form-to-terms.ts";
import { readMandateForm } from "../terms/mandate-form.ts";
import { readStep, takeStep } from "../terms/steps.ts";
import { TEMPLATES } from "../terms/templates.ts";
import { type ShownTerms, termsToForm } from "../terms/terms-to-form.ts";
import { Preview } from "./preview.tsx";
import type { BuilderScene, Edited } from "./scene.ts";
import { Builder } from "./view.tsx";

/** `?template=` begins with one of ours, `?from=` with the terms of another mandate, `?agent_id=` chooses the agent. */
export async function newMandatePage(visit: OrganizationVisit): Promise<Response> {
  const { url, api } = visit;
  const agents = await agentsToChoose(visit);
  if (agents.size === 0) return noAgents(visit);
  const from = url.searchParams.get("from");
  const chosen = url.searchParams.get("template") ?? "standard";
  const template = from === null && Object.hasOwn(TEMPLATES, chosen) ? chosen : null;
  const given = from === null ? null : await api.get("getMandate", { params: { mandate_id: from } });
  const terms: ShownTerms =
    given === null
      ? { ...TEMPLATES[template ?? "standard"]!.terms, currency: "USD" }
      : withoutIds(given.terms as unknown as MandateTerms);
  const wanted = url.searchParams.get("agent_id") ?? terms.agent_id ?? "";
  const only = agents.size === 1 ? [...agents.keys()][0]! : "";
  const form = termsToForm({ ...terms, agent_id: agents.has(wanted) ? wanted : only }, visit.organization.timezone);
  return show(visit, { form, agents, edited: null, template });
}

export async function newMandatePost(visit: OrganizationVisit): Promise<Response> {
  const agents = await agentsToChoose(visit);
  const form = readMandateForm(visit.form);
  const draft = { form, agents, edited: null, template: null };
  const pressed = visit.form.text("do");
  if (pressed !== "save") return taken(visit, draft, pressed);
  const typed = formToTerms(form, visit.organization.timezone);
  const made = await visit.api.call("createMandate", { body: typed });
  if (!made.ok) return refusedPage(visit, draft, made, typed);
  return redirect(`${visit.base}/mandates/${made.body.id}`, { done: "mandate_drafted" });
}

export async function editMandatePage(visit: OrganizationVisit): Promise<Response> {
  const { mandate, edited } = await requireEditable(visit);
  if (edited === null) return redirect(`${visit.base}/mandates/${mandate.id}`);
  const form = termsToForm(mandate.terms as unknown as MandateTerms, visit.organization.timezone);
  return show(visit, { form, agents: await agentNames(visit), edited, template: null });
}

export async function editMandatePost(visit: OrganizationVisit): Promise<Response> {
  const { mandate, edited: now } = await requireEditable(visit);
  const path = `${visit.base}/mandates/${mandate.id}`;
  if (now === null) return redirect(path);
  const form = readMandateForm(visit.form);
  const began = visit.form.text("version");
  const edited: Edited = { ...now, version: /^\d{1,9}$/.test(began) ? Number(began) : now.version };
  const draft = { form, agents: await agentNames(visit), edited, template: null };
  const pressed = visit.form.text("do");
  const typed = formToTerms(form, visit.organization.timezone);
  if (pressed === "save_draft") {
    const made = await visit.api.call("createMandate", { body: typed });
    if (!made.ok) return refusedPage(visit, draft, made, typed);
    return redirect(`${visit.base}/mandates/${made.body.id}/rehearse?run=start`, { done: "mandate_drafted_beside" });
  }
  const over = /^save_over:(\d{1,9})$/.exec(pressed)?.[1];
  if (pressed !== "save" && over === undefined) return taken(visit, draft, pressed);
  const basedOn = over ?? began;
  if (basedOn === String(mandate.version) && canonicalJson(typed) === canonicalJson(mandate.terms)) {
    return redirect(path, { done: "mandate_same" });
  }
  const saved = await visit.api.call("editMandate", {
    params: { mandate_id: mandate.id },
    if_match: basedOn,
    body: typed,
  });
  if (saved.ok) return redirect(path, { done: now.status === "draft" ? "mandate_saved" : "mandate_counts" });
  return refusedPage(visit, draft, saved, typed);
}

/** What a page with script asks for while somebody types: the panel with the sentences. */
export async function previewFragment(visit: OrganizationVisit): Promise<Response> {
  const typed = formToTerms(readMandateForm(visit.form), visit.organization.timezone);
  const description = describeTyped(typed, visit.organization.timezone);
  return new Response(String(<Preview description={description} />), {
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}

type Draft = Pick<BuilderScene, "form" | "agents" | "edited" | "template">;

/** The form with one part more or less, or, for "Preview", with what is wrong at its fields. Nothing is saved. */
function taken(visit: OrganizationVisit, draft: Draft, pressed: string): Promise<Response> {
  const step = readStep(pressed);
  if (step !== null) return show(visit, { ...draft, form: takeStep(draft.form, step) });
  return show(visit, draft, "preview");
}

async function refusedPage(
  visit: OrganizationVisit,
  draft: Draft,
  refusal: ApiRefusal,
  typed: TypedTerms,
): Promise<Response> {
  const { status, errors, detail, code, problem } = refusal;
  const newer = code === "version_mismatch" ? Number(problem.version_now) : null;
  const placed = placeErrors(errors, typed);
  const above = errors.length === 0 && newer === null ? [detail] : placed.above;
  return show(visit, draft, { ...placed, above }, { status, newer });
}

async function show(
  visit: OrganizationVisit,
  draft: Draft,
  said: PlacedErrors | "preview" = NOTHING_WRONG,
  { status = 200, newer = null }: { readonly status?: number; readonly newer?: number | null } = {},
): Promise<Response> {
  const typed = formToTerms(draft.form, visit.organization.timezone);
  const description = describeTyped(typed, visit.organization.timezone);
  const found = placeErrors(
    description.issues.map(({ path, message }) => ({ pointer: path, message })),
    typed,
  );
  // A refusal stops at the first kind of mistake; what else is wrong with the terms is shown together with it.
  const fields = said === "preview" ? found.fields : new Map([...(status === 400 ? found.fields : []), ...said.fields]);
  const above = said === "preview" ? found.above : said.above;
  const profiles = await visit.api.get("listProfiles");
  const scene: BuilderScene = {
    visit,
    ...draft,
    errors: fields,
    above,
    description,
    newer,
    profiles: profiles.data.map(({ name }) => name),
  };
  const title = draft.edited === null ? "New mandate" : "Edit the mandate";
  return organizationPage(visit, { title, section: "mandates", status }, <Builder scene={scene} />);
}

async function requireEditable(visit: OrganizationVisit) {
  const mandate = await visit.api.get("getMandate", { params: { mandate_id: visit.params.mandate_id ?? "" } });
  const { id, status, version } = mandate;
  const edited: Edited | null = status === "revoked" || status === "expired" ? null : { id, status, version };
  return { mandate, edited };
}

function noAgents(visit: OrganizationVisit): Response {
  return organizationPage(
    visit,
    { title: "New mandate", section: "mandates" },
    <>
      <PageHead title="New mandate" back={{ href: `${visit.base}/mandates`, label: "Mandates" }} />
      <Empty
        icon="agent"
        title="First an agent"
        action={
          <LinkButton kind="main" href={`${visit.base}/agents/new`}>
            Create an agent
          </LinkButton>
        }
      >
        A mandate says what one agent may spend, so there has to be an agent that it is for.
      </Empty>
    </>,
  );
}

/** Budgets and rules of another mandate count for themselves. */
const withoutIds = (terms: MandateTerms): ShownTerms => ({
  ...terms,
  budgets: terms.budgets.map(({ id: _, ...budget }) => budget),
  rules: terms.rules.map(({ id: _, ...rule }) => rule) as ShownTerms["rules"],
});
