import { newEndpoint, tokenFor, type Waiting, waiting } from "./approval-links.ts";
import { newAgent, newOrganization, type TestOrganization } from "./service.ts";

/** A purchase of 50 that waits, and both ways to it. */
export interface Scene extends Waiting {
  readonly organization: TestOrganization;
  readonly agent: string;
  readonly mandate: string;
  readonly endpoint: string;
  readonly token: string;
  /** Path of the one-time link. */
  readonly link: string;
  /** Path that agents are told. */
  readonly place: string;
}

export async function scene(more: object = {}, purchase: object = {}): Promise<Scene> {
  const organization = await newOrganization();
  const terms = { rules: [{ type: "approval", above: 20, timeout_minutes: 30 }], ...more };
  const { agent, mandate } = await newAgent(organization, terms);
  const endpoint = await newEndpoint(organization);
  const held = await waiting(organization, agent, { reason: "Printer paper", ...purchase });
  const token = await tokenFor(organization, held.approval, endpoint);
  return {
    organization,
    agent,
    mandate,
    endpoint,
    token,
    link: `/approve/${token}`,
    place: `/approvals/${held.approval}`,
    ...held,
  };
}
