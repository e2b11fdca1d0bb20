import { Validator } from "@cfworker/json-schema";
import { describe, expect, it } from "vitest";
import {
  API_VERSION,
  bodySchema,
  describeCatalogue,
  isPublicType,
  PUBLIC_TYPES,
} from "../../src/webhooks/catalogue.ts";
import { isFilter, wants } from "../../src/webhooks/filter.ts";

describe("the catalogue", () => {
  it.each(describeCatalogue())(
    "$type: the example fits the published schema and the strict one",
    ({ type, example, schema, description }) => {
      const validator = new Validator(schema, "2020-12", false);
      expect(validator.validate(example).errors).toEqual([]);
      expect(bodySchema(type).safeParse(example).error).toBeUndefined();
      expect(example).toMatchObject({ type, api_version: API_VERSION });
      expect(description).toMatch(/^[A-Z].*\.$/);
    },
  );

  it("accepts members that are added later, and refuses what is missing or of another type", () => {
    for (const { example, schema } of describeCatalogue()) {
      const validator = new Validator(schema, "2020-12", false);
      expect(validator.validate({ ...example, later: 1, data: { ...example.data, later: 1 } }).valid).toBe(true);
      const { id: _, ...without } = example;
      expect(validator.validate(without).valid).toBe(false);
      expect(validator.validate({ ...example, data: {} }).valid).toBe(false);
      expect(validator.validate({ ...example, seq: "1" }).valid).toBe(false);
    }
  });

  it("has no type by inheritance", () => {
    for (const name of ["constructor", "__proto__", "toString", ""]) expect(isPublicType(name)).toBe(false);
  });
});

describe("filters", () => {
  it("are types, beginnings at a dot, and everything", () => {
    for (const filter of ["*", "transaction.*", "mandate.budget.*", "webhook.*", ...PUBLIC_TYPES])
      expect(isFilter(filter)).toBe(true);
    for (const filter of [
      "",
      "transaction",
      "transaction.",
      "trans*",
      "trans.*",
      "*.approved",
      ".*",
      "transaction.claimed",
      "**",
    ]) {
      expect([filter, isFilter(filter)]).toEqual([filter, false]);
    }
  });

  it("want what they name and nothing else", () => {
    expect(wants(["mandate.*"], "mandate.budget.warning")).toBe(true);
    expect(wants(["mandate.budget.*"], "mandate.paused")).toBe(false);
    expect(wants(["key.created", "key.revoked"], "key.revoked")).toBe(true);
    expect(wants(["key.created"], "key.rotated")).toBe(false);
    expect(wants(["*"], "webhook.test")).toBe(true);
    expect(wants([], "key.created")).toBe(false);
  });
});
