import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { memberNotes } from "../../src/edge/note-member.ts";
import type { Env } from "../../src/env.ts";
import type { NoteAnswer, OperatorCaller, PersonCaller } from "../../src/organization/api.ts";
import type { MemberNote } from "../../src/people/api.ts";
import { FakeOrganization } from "./support.ts";

const lines: { level: string; event: string; why?: string; request_id?: string; organization_id?: string }[] = [];
beforeEach(() => {
  lines.length = 0;
  vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(JSON.parse(line)));
});
afterEach(() => vi.restoreAllMocks());

const NOTE: MemberNote = {
  organization_id: "org_acme",
  by: { person_id: "ana", role: "owner" },
  change: { type: "member.removed", person_id: "bob", role_before: "viewer" },
};

/** @param answers What the object says, call by call; an error is one that never arrives. */
function scene(answers: readonly (NoteAnswer | Error)[], region = async () => ({ region: "eu" }) as object | null) {
  const organization = new FakeOrganization();
  const callers: (PersonCaller | OperatorCaller)[] = [];
  organization.onNote = async (caller) => {
    const answer = answers[callers.length] ?? new Error("too many calls");
    callers.push(caller);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const env = { DB: { prepare: () => ({ bind: () => ({ first: region }) }) } } as unknown as Env;
  const request = new Request("https://quetra.test/dashboard/org_acme/members", { method: "POST" });
  Object.defineProperty(request, "cf", { value: { country: "SI" } });
  const note = memberNotes({ env, requestId: "req_1", getStub: organization.getStub }, request);
  return { note, organization, callers };
}

const failures = () => lines.filter(({ event }) => event === "member_note_failed");
const noted: NoteAnswer = { noted: true };

it("goes to the organization's object where it lives, in the name of the person", async () => {
  const { note, organization, callers } = scene([noted]);
  await note(NOTE);
  expect(organization.stubs).toEqual([{ orgId: "org_acme", region: 1 }]);
  const where = { request_id: "req_1", country: "SI", origin: "https://quetra.test" };
  expect(callers).toEqual([{ person_id: "ana", role: "owner", ...where }]);
  expect(lines).toEqual([]);
});

it("or of the operator, who is no person", async () => {
  const { note, callers } = scene([noted]);
  await note({ ...NOTE, by: { operator: true } });
  expect(callers).toEqual([{ operator: true, request_id: "req_1" }]);
});

it("is tried once more under the same request, and then all is well", async () => {
  const { note, callers } = scene([new Error("gone"), noted]);
  await note(NOTE);
  expect(callers.map(({ request_id }) => request_id)).toEqual(["req_1", "req_1"]);
  expect(failures()).toEqual([]);
});

it.each<[string, readonly (NoteAnswer | Error)[], number, string]>([
  ["never answers", [new Error("gone"), new Error("gone")], 2, "unavailable"],
  ["refuses", [{ noted: false, why: "refused" }], 1, "refused"],
  ["hears too much of it", [{ noted: false, why: "throttled" }], 1, "throttled"],
])("is an error of the operator's log, and of nobody else, when the object %s", async (_name, answers, calls, why) => {
  const { note, callers } = scene(answers);
  await expect(note(NOTE)).resolves.toBeUndefined();
  expect(callers).toHaveLength(calls);
  const { type, person_id } = NOTE.change as { type: string; person_id: string };
  expect(failures()).toMatchObject([
    { level: "error", why, organization_id: "org_acme", request_id: "req_1", type, person_id },
  ]);
});

it.each<[string, () => Promise<object | null>]>([
  ["cannot be read", () => Promise.reject(new Error("D1 is away"))],
  ["is not there", async () => null],
])("also when its row %s", async (_name, region) => {
  const { note, organization } = scene([], region);
  await expect(note(NOTE)).resolves.toBeUndefined();
  expect(organization.woken).toBe(0);
  expect(failures()).toMatchObject([{ why: "unavailable" }]);
});

it("is no failure where nothing is founded yet", async () => {
  const { note } = scene([{ noted: false, why: "not_founded" }]);
  await note(NOTE);
  expect(lines).toEqual([]);
});
