import { ApiRefused } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { assertStillMember } from "../../still-member.ts";

/** One page of the export, and the seq behind which it goes on. */
interface Part {
  readonly text: string;
  readonly next: string | null;
}

/**
 * The log from a seq on as one file: pages one after another verify as one. A page is read when the browser has taken the
 * one before; what fails on the way breaks the download off, and the verifier would say so besides.
 */
export async function auditExport(visit: OrganizationVisit): Promise<Response> {
  const read = async (after: string): Promise<Part> => {
    const answer = await visit.api.call("exportAudit", { query: { after_seq: after } });
    if (!answer.ok) throw new ApiRefused(answer);
    return { text: answer.body, next: answer.headers["x-next-after-seq"] ?? null };
  };
  const next = (after: string) => assertStillMember(visit).then(() => read(after));
  const first = await read(visit.url.searchParams.get("after_seq")?.trim() || "0");
  const day = new Date(visit.now).toISOString().slice(0, 10);
  return new Response(partsStream(first, next), {
    headers: {
      "content-type": "application/jsonl; charset=utf-8",
      "content-disposition": `attachment; filename="quetra-log-${day}.jsonl"`,
      "cross-origin-resource-policy": "same-origin",
    },
  });
}

function partsStream(first: Part, read: (after: string) => Promise<Part>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let part: Part | null = first;
  return new ReadableStream({
    async pull(controller) {
      if (part === null) return controller.close();
      const { text, next }: Part = part;
      controller.enqueue(encoder.encode(text));
      part = next === null ? null : await read(next);
      if (part === null) controller.close();
    },
  });
}
