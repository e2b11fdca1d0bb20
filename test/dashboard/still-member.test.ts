import { expect, it } from "vitest";
import { auditExport } from "../../src/dashboard/pages/audit/export.ts";
import { transactionsCsv } from "../../src/dashboard/pages/transactions/export.ts";
import type { OrganizationVisit } from "../../src/dashboard/route.ts";

/** A download without an end, of somebody who stands in `who`. */
function downloadOf(who: { session: boolean; member: boolean }): OrganizationVisit {
  let parts = 0;
  const part = async () => {
    parts += 1;
    const headers = { "x-next-cursor": String(parts), "x-next-after-seq": String(parts) };
    return { ok: true, body: `line of names\r\npart ${parts}\r\n`, headers };
  };
  return {
    url: new URL("https://quetra.test/dashboard/org_1/export"),
    now: 0,
    request: new Request("https://quetra.test/"),
    signedIn: { session_id: "s", person: { id: "p" } },
    organization: { organization_id: "org_1", timezone: "UTC" },
    people: {
      signedIn: async () => (who.session ? { session_id: "s", person: { id: "p" } } : null),
      membership: async () => (who.member ? { role: "viewer" } : null),
    },
    api: { call: part },
  } as unknown as OrganizationVisit;
}

it.each([
  ["transactions", "was removed", transactionsCsv, { member: false }],
  ["transactions", "signed out", transactionsCsv, { session: false }],
  ["the log", "was removed", auditExport, { member: false }],
  ["the log", "signed out", auditExport, { session: false }],
] as const)(
  "a download of %s breaks off for somebody who %s while it went on",
  async (_what, _why, download, change) => {
    const who = { session: true, member: true };
    const reader = (await download(downloadOf(who))).body!.getReader();
    for (let count = 0; count < 5; count++) expect((await reader.read()).done).toBe(false);
    Object.assign(who, change);
    const rest = async () => {
      // What was read ahead still arrives.
      for (let count = 0; count < 3; count++) await reader.read();
    };
    await expect(rest()).rejects.toThrow("no member any more");
  },
);
