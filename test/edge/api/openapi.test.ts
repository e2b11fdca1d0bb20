import { describe, expect, it } from "vitest";
import * as z from "zod";
import { openApiDocument } from "../../../src/edge/api/openapi.ts";
import type { RouteDefinition } from "../../../src/edge/api/route.ts";
import { ROUTES } from "../../../src/edge/api/routes/index.ts";
import { edge, ROUTES_FOR_TESTS } from "../support.ts";

interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, unknown>;
    securitySchemes: Record<string, { type: string }>;
    responses: object;
  };
  security: Record<string, string[]>[];
  tags: { name: string }[];
}
interface Operation {
  operationId: string;
  description: string;
  tags: string[];
  parameters?: { name: string; in: string; required: boolean; schema: { type?: string } }[];
  requestBody?: { required: boolean; content: Record<string, { schema: object }> };
  responses: Record<string, { $ref?: string; description?: string; content?: Record<string, { schema: object }> }>;
}

const METHODS = ["get", "post", "put", "patch", "delete"];

/** The fields that OpenAPI 3.1 requires, and that every reference leads somewhere. */
function check(document: Document): void {
  expect(document.openapi).toMatch(/^3\.1\.\d+$/);
  expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
  const operationIds = new Set<string>();
  for (const [path, item] of Object.entries(document.paths)) {
    expect(path).toMatch(/^\//);
    for (const [method, operation] of Object.entries(item)) {
      expect(METHODS).toContain(method);
      expect(operationIds.has(operation.operationId)).toBe(false);
      operationIds.add(operation.operationId);
      checkOperation(path, operation);
      for (const tag of operation.tags) expect(document.tags.map(({ name }) => name)).toContain(tag);
    }
  }
  for (const requirement of document.security) {
    for (const name of Object.keys(requirement)) expect(document.components.securitySchemes).toHaveProperty(name);
  }
  for (const name of Object.keys(document.components.schemas)) expect(name).toMatch(/^[a-zA-Z0-9._-]+$/);
  for (const ref of references(document)) expect(resolve(document, ref), ref).toBeDefined();
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
}

function checkOperation(path: string, operation: Operation): void {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const parameters = operation.parameters ?? [];
  expect(parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name)).toEqual(inPath);
  for (const parameter of parameters) {
    expect(["path", "query", "header"]).toContain(parameter.in);
    if (parameter.in === "path") expect(parameter.required).toBe(true);
    expect(parameter.schema).toBeTypeOf("object");
  }
  if (operation.requestBody !== undefined) expect(Object.keys(operation.requestBody.content)).toHaveLength(1);
  expect(Object.keys(operation.responses).length).toBeGreaterThan(1);
  for (const [status, response] of Object.entries(operation.responses)) {
    expect(status).toMatch(/^(default|[1-5]\d\d)$/);
    if (response.$ref === undefined) expect(response.description).toBeTypeOf("string");
  }
}

function* references(value: unknown): Generator<string> {
  if (value === null || typeof value !== "object") return;
  for (const [key, member] of Object.entries(value)) {
    if (key === "$ref") yield member as string;
    else yield* references(member);
  }
}

function resolve(document: unknown, ref: string): unknown {
  expect(ref).toMatch(/^#\//);
  return ref
    .slice(2)
    .split("/")
    .reduce<unknown>(
      (at, part) => (at as Record<string, unknown>)?.[part.replaceAll("~1", "/").replaceAll("~0", "~")],
      document,
    );
}

describe.each([
  ["the tests' routes", ROUTES_FOR_TESTS],
  ["the service's routes", ROUTES],
])("the document of %s", (_name, routes) => {
  const document = openApiDocument(routes) as unknown as Document;

  it("has what OpenAPI 3.1 requires", () => check(document));

  it("has every route, with its roles, its success and its problems", () => {
    expect(Object.values(document.paths).flatMap((item) => Object.keys(item))).toHaveLength(routes.length);
    for (const route of routes) {
      const operation = document.paths[route.path]![route.method.toLowerCase()]!;
      expect(operation.operationId).toBe(route.id);
      for (const role of route.roles) expect(operation.description).toContain(`\`${role}\``);
      expect(operation.responses[route.status]!.content).toHaveProperty([route.content_type ?? "application/json"]);
      expect(operation.responses.default).toEqual({ $ref: "#/components/responses/Problem" });
      const headers = (operation.parameters ?? []).filter((parameter) => parameter.in === "header");
      const required = headers.filter((header) => header.required).map(({ name }) => name);
      expect(required.includes("Idempotency-Key")).toBe(route.idempotency === "required");
      expect(required.includes("If-Match")).toBe(route.if_match === "required");
      expect(operation.requestBody !== undefined).toBe(route.body !== undefined);
    }
  });
});

describe("openApiDocument", () => {
  const document = openApiDocument(ROUTES_FOR_TESTS) as unknown as Document;

  it("describes query parameters and bodies as a client sends them", () => {
    const { parameters } = document.paths["/agents"]!.get!;
    expect(parameters).toEqual([
      expect.objectContaining({ name: "limit", in: "query", required: false, description: "Page size" }),
      expect.objectContaining({ name: "status", in: "query", required: false }),
    ]);
    expect(document.paths["/agents"]!.post!.requestBody).toMatchObject({
      required: true,
      content: { "application/json": { schema: { type: "object", required: ["name"], additionalProperties: false } } },
    });
    expect(document.paths["/agents/{agent_id}/suspend"]!.post!.requestBody!.required).toBe(false);
  });

  it("moves shared and recursive schemas to components", () => {
    const shared = z.object({ amount: z.number() }).meta({ id: "Money" });
    const tree: z.ZodType = z.object({
      get children() {
        return z.array(tree);
      },
    });
    const route = (id: string, response: z.ZodType): RouteDefinition => ({
      id,
      method: "GET",
      path: `/${id}`,
      tag: "T",
      summary: id,
      roles: ["read"],
      status: 200,
      response,
    });
    const made = openApiDocument([
      route("one", z.object({ a: shared, b: shared })),
      route("two", tree),
    ]) as unknown as Document;
    check(made);
    expect(Object.keys(made.components.schemas).sort()).toEqual(["Problem", "oneResponse.Money", "twoResponse"]);
  });

  it("refuses two operations at one place", () => {
    expect(() => openApiDocument([ROUTES_FOR_TESTS[0]!, ROUTES_FOR_TESTS[0]!])).toThrow("two routes");
  });

  it("is public, and the same each time", async () => {
    const { send, organization } = edge({ routes: ROUTES_FOR_TESTS });
    const answer = await send("/api/v1/openapi.json");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(document)));
    expect((await send("/api/v1/openapi.json")).status).toBe(200);
    expect(organization.woken).toBe(0);
  });
});
