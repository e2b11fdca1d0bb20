import { LIMITS } from "../../../limits.ts";
import { ApiRefused } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { assertStillMember } from "../../still-member.ts";
import { operationQuery, readFilters } from "./filters.ts";

/** One part of an export: CSV with its line of names, and where it goes on. */
export interface CsvPart {
  readonly text: string;
  readonly cursor: string | null;
}

/** The list with its filters as one file, however many parts the operation gives it in. */
export async function transactionsCsv(visit: OrganizationVisit): Promise<Response> {
  const query = operationQuery(readFilters(visit.url), visit);
  const read = async (cursor: string | null): Promise<CsvPart> => {
    if (cursor !== null) await assertStillMember(visit);
    const answer = await visit.api.call("exportTransactions", { query: { ...query, cursor: cursor ?? undefined } });
    if (!answer.ok) throw new ApiRefused(answer);
    return { text: answer.body, cursor: answer.headers["x-next-cursor"] ?? null };
  };
  // Before the answer begins: what the operation refuses becomes a page and no broken file.
  const first = await read(null);
  const day = new Date(visit.now).toISOString().slice(0, 10);
  return new Response(csvStream(first, read), {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="quetra-transactions-${day}.csv"`,
      "cross-origin-resource-policy": "same-origin",
    },
  });
}

/**
 * One CSV out of many: only the first has the line of names. A part is read when the browser has taken the one before. What
 * fails on the way, or is longer than a file may get, breaks the download off: half a file must not look whole.
 */
export function csvStream(
  first: CsvPart,
  read: (cursor: string) => Promise<CsvPart>,
  partsMax: number = LIMITS.dashboardExportParts,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next: CsvPart | null = first;
  let parts = 0;
  return new ReadableStream({
    async pull(controller) {
      if (next === null) return controller.close();
      const part: CsvPart = next;
      parts += 1;
      if (parts > partsMax) return controller.error(new Error("the export is longer than one file may be"));
      const text = parts === 1 ? part.text : part.text.slice(part.text.indexOf("\r\n") + 2);
      if (text !== "") controller.enqueue(encoder.encode(text));
      next = part.cursor === null ? null : await read(part.cursor);
      if (next === null) controller.close();
    },
  });
}
