import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const FOLDER = "src/people";
const read = (file: string) => readFileSync(`${FOLDER}/${file}`, "utf8");
const WRITES = /(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM) people_(?:members|invitations)\b/;

/** A note hangs on the way in: who writes these tables anywhere else would leave none. */
it("writes members and invitations in functions that are reached through their note only", () => {
  const writers = readdirSync(FOLDER).filter((file) => WRITES.test(read(file)));
  expect(writers.sort()).toEqual(["answer-invitation.ts", "founding.ts", "invitations.ts", "leave.ts", "members.ts"]);
  const open = writers.flatMap((file) => {
    const functions = read(file).split(/^(?=(?:export )?(?:async )?(?:function|const) )/m);
    const exported = functions.filter((text) => text.startsWith("export") && WRITES.test(text));
    return exported.filter((text) => !text.includes("Promise<Noted<")).map((text) => text.slice(0, 60));
  });
  expect(open).toEqual([]);
});
