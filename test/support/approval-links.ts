import { env } from "cloudflare:workers";
import { makeApprovalToken } from "../../src/approvals/link-token.ts";
import { api, ORIGIN, send, type TestOrganization, tool } from "./service.ts";

/** A webhook endpoint that may send approval links. */
export async function newEndpoint(organization: TestOrganization): Promise<string> {
  // Subscribed to what does not happen here, so that nothing is sent anywhere.
  const endpoint = { url: "https://hooks.example.com/links", events: ["organization.frozen"], approval_links: true };
  const { status, body } = await api(organization.admin, "POST", "/webhooks", endpoint);
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.id;
}

/** The token that a person finds in the message which was sent to this endpoint. */
export async function tokenFor(organization: TestOrganization, approval: string, endpoint: string): Promise<string> {
  const made = await makeApprovalToken(env.SEALING_SECRETS, {
    region: 0,
    organization_id: organization.id,
    approval_id: approval,
    endpoint_id: endpoint,
  });
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

export interface Waiting {
  readonly purchase: Record<string, unknown>;
  readonly transaction: string;
  readonly approval: string;
  /** What the agent was answered. */
  readonly answer: Record<string, unknown>;
}

/** A purchase that waits for a person. */
export async function waiting(organization: TestOrganization, agent: string, more: object = {}): Promise<Waiting> {
  const purchase = {
    agent_id: agent,
    amount: 50,
    vendor: "shop.example",
    idempotency_key: crypto.randomUUID(),
    ...more,
  };
  const answer = await tool(organization.spend, "quetra_evaluate", purchase);
  if (answer.outcome !== "pending_approval") throw new Error(JSON.stringify(answer));
  return { purchase, answer, transaction: answer.transaction_id, approval: answer.approval_id };
}

export interface Page {
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
  /** The digest that the page's form carries; null where it has no form to decide with. */
  readonly terms: string | null;
}

export async function readPage(response: Response): Promise<Page> {
  const html = await response.text();
  const terms = /name="terms" value="([0-9a-f]{64})"/.exec(html)?.[1] ?? null;
  return { status: response.status, html, headers: response.headers, terms };
}

export const look = async (path: string, method = "GET"): Promise<Page> => readPage(await send(path, { method }));

/** Sends a form as a browser does. */
export const submit = async (
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Record<string, string> = {},
): Promise<Page> =>
  readPage(
    await send(path, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", origin: ORIGIN, ...headers },
      body: new URLSearchParams(fields).toString(),
    }),
  );

/** Opens the page and sends its form. */
export async function decideAt(
  path: string,
  decision: "approve" | "deny",
  more: Readonly<Record<string, string>> = {},
): Promise<Page> {
  const page = await look(path);
  return submit(path, { decision, terms: page.terms ?? "0".repeat(64), ...more });
}

export const approvalOf = async (organization: TestOrganization, id: string) =>
  (await api(organization.read, "GET", `/approvals/${id}`)).body;
