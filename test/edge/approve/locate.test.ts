import { describe, expect, it } from "vitest";
import { locate } from "../../../src/edge/locate.ts";
import { redact } from "../../../src/edge/log.ts";

const TOKEN = "Ab1".repeat(30);

describe("the path of a one-time link", () => {
  it.each([`/approve/${TOKEN}`, `/approve/${TOKEN}/`])("loses its token: %s", (pathname) => {
    expect(locate(pathname)).toEqual({ surface: "http", path: "/approve", pathKey: null, pathToken: TOKEN });
  });

  it.each([`/approve/${TOKEN}/x`, `/approve/x/${TOKEN}`, `/approve//${TOKEN}`, `/approve/${TOKEN}//`])(
    "loses it also where it is nearly one: %s",
    (pathname) => {
      const located = locate(pathname);
      expect(located.path).toBe("/approve");
      expect(located.pathToken).not.toBe(TOKEN);
    },
  );

  it("is not taken from other paths", () => {
    expect(locate("/approve")).toMatchObject({ path: "/approve", pathToken: null });
    expect(locate("/approvals/apr_1")).toMatchObject({ path: "/approvals/apr_1", pathToken: null });
  });
});

describe("the log", () => {
  it.each([`/approve/${TOKEN}`, `https://q.example/approve/${TOKEN}?x=1`, `approve%2F${TOKEN}`])(
    "keeps no token of %s",
    (text) => expect(redact(`failed at ${text}`)).not.toContain("Ab1"),
  );
});
