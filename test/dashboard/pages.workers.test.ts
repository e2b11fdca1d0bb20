import { expect, it } from "vitest";
import { DASHBOARD_ROUTES } from "../../src/dashboard/routes.ts";
// @ts-expect-error: plain JavaScript, as the checks in a browser are
import { NO_PAGES, OPEN_PAGES, ORGANIZATION_PAGES, PERSON_PAGES } from "../browser/support/pages.mjs";

/** The checks in a browser run without a compiler, so they have a list of their own. */
const pathsOf = (test: (access: unknown) => boolean): string[] =>
  DASHBOARD_ROUTES.filter(({ method, path, access }) => method === "GET" && test(access) && !NO_PAGES.includes(path))
    .map(({ path }) => path)
    .sort();

it("the checks in a browser look at every page", () => {
  expect([...OPEN_PAGES].sort()).toEqual(pathsOf((access) => access === "anyone"));
  expect([...PERSON_PAGES].sort()).toEqual(pathsOf((access) => access === "person"));
  expect([...ORGANIZATION_PAGES].sort()).toEqual(pathsOf(Array.isArray));
});

it("and leave out only what there is", () => {
  const paths = DASHBOARD_ROUTES.map(({ path }) => path);
  expect(NO_PAGES.filter((path: string) => !paths.includes(path))).toEqual([]);
});
