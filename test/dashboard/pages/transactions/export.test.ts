import { describe, expect, it } from "vitest";
import { type CsvPart, csvStream } from "../../../../src/dashboard/pages/transactions/export.ts";
import { LIMITS } from "../../../../src/limits.ts";

const part = (at: number, of: number): CsvPart => ({
  text: `id,amount\r\ntxn_${at},1\r\n`,
  cursor: at < of ? `c${at}` : null,
});
const exported = (parts: number, max?: number): Promise<string> =>
  new Response(csvStream(part(1, parts), async (cursor) => part(Number(cursor.slice(1)) + 1, parts), max)).text();

describe("an export of many parts", () => {
  it("is one file with one line of names", async () => {
    expect(await exported(3)).toBe("id,amount\r\ntxn_1,1\r\ntxn_2,1\r\ntxn_3,1\r\n");
    expect(await exported(1)).toBe("id,amount\r\ntxn_1,1\r\n");
  });

  it("dashboardExportParts: as many fit, and one more breaks the download off", async () => {
    const most = await exported(LIMITS.dashboardExportParts);
    expect(most.split("\r\n").length - 2).toBe(LIMITS.dashboardExportParts);
    await expect(exported(LIMITS.dashboardExportParts + 1)).rejects.toThrow("longer than one file");
  });

  it("breaks off where a later part fails, so that half a file does not look whole", async () => {
    const stream = csvStream(part(1, 2), async () => {
      throw new Error("gone");
    });
    await expect(new Response(stream).text()).rejects.toThrow("gone");
  });

  it("reads a part only when the one before was taken", async () => {
    let reads = 0;
    const stream = csvStream(part(1, 9), async (cursor) => {
      reads += 1;
      return part(Number(cursor.slice(1)) + 1, 9);
    });
    const reader = stream.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(reads).toBeLessThanOrEqual(2);
    await reader.cancel();
  });
});
