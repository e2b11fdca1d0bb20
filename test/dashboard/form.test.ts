import { describe, expect, it } from "vitest";
import { readForm } from "../../src/dashboard/form.ts";
import { LIMITS } from "../../src/limits.ts";

const post = (body: string) =>
  readForm(
    new Request("https://quetra.test/dashboard", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
    }),
  );

describe("a posted form", () => {
  it("dashboardFormBytes: as many are read, one more is refused", async () => {
    const most = `a=${"x".repeat(LIMITS.dashboardFormBytes - 2)}`;
    const read = await post(most);
    expect(read.ok && read.value.raw("a").length).toBe(LIMITS.dashboardFormBytes - 2);
    const more = await post(`${most}x`);
    expect(more).toEqual({
      ok: false,
      error: `The form is too large: it holds at most ${LIMITS.dashboardFormBytes} bytes.`,
    });
  });

  it("has line breaks of one character, whatever the browser sends", async () => {
    const read = await post("a=1%0D%0A2%0A3&a=4");
    expect(read.ok && [read.value.raw("a"), read.value.all("a")]).toEqual(["1\n2\n3", ["1\n2\n3", "4"]]);
  });
});
