import { env } from "cloudflare:workers";
import { getSchema } from "better-auth/db";
import { expect, it } from "vitest";
import { authOptions, TABLES } from "../../src/people/auth.ts";
import { House } from "./support.ts";

interface Column {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
}
const columnsOf = async (table: string): Promise<Column[]> =>
  (await env.DB.prepare("SELECT name, type, [notnull] FROM pragma_table_info(?)").bind(table).all<Column>()).results;

/** What Better Auth writes to D1: dates as ISO texts, booleans as 0 and 1. */
const STORED: Readonly<Record<string, string>> = {
  string: "TEXT",
  date: "TEXT",
  boolean: "INTEGER",
  number: "INTEGER",
};

const wanted = getSchema(authOptions(new House().env) as Parameters<typeof getSchema>[0]);

it("has every table that this version of Better Auth wants, and no other", () => {
  expect(Object.keys(wanted).sort()).toEqual(Object.values(TABLES).sort());
});

it.each(Object.values(TABLES))("%s has the columns that Better Auth writes", async (table) => {
  const columns = await columnsOf(table);
  const fields = Object.entries(wanted[table]!.fields);
  expect(columns.map(({ name }) => name).sort()).toEqual(["id", ...fields.map(([name]) => name)].sort());
  for (const [name, field] of fields) {
    const column = columns.find((candidate) => candidate.name === name)!;
    expect([name, column.type]).toEqual([name, STORED[field.type as string]]);
    // What may be missing there must be allowed to be missing here.
    if (field.required === false && name !== "role") expect([name, column.notnull]).toEqual([name, 0]);
  }
});
