import * as z from "zod";
import { LIMITS } from "../../limits.ts";
import type { RouteDefinition } from "./route.ts";

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document, from the same schemas that validate the requests. */
export function openApiDocument(routes: readonly RouteDefinition[]): Json {
  const schemas: Json = { Problem: PROBLEM };
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const item = paths[route.path] ?? {};
    paths[route.path] = item;
    const method = route.method.toLowerCase();
    if (item[method] !== undefined) throw new Error(`two routes are ${route.method} ${route.path}`);
    item[method] = operation(route, schemas);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Quetra API",
      version: "1",
      description:
        "Spending governance for AI agents. Amounts are JSON numbers in major units (25 = 25 USD) with at most six " +
        "decimals. A refusal of a purchase is an answer with status 200, not an error. Errors are RFC 9457 problem documents.",
    },
    servers: [{ url: "/api/v1" }],
    security: [{ key: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "A key `sk_quetra_…`. Each key has exactly one role." },
      },
      responses: {
        Problem: {
          description: "What was wrong, for people (`detail`) and for programs (`code`).",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    },
  };
}

function operation(route: RouteDefinition, schemas: Json): Json {
  const roles = `Roles: ${route.roles.map((role) => `\`${role}\``).join(", ")}.`;
  const parameters = [...pathParameters(route), ...queryParameters(route, schemas), ...headerParameters(route)];
  const contentType = route.content_type ?? "application/json";
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    description: route.description === undefined ? roles : `${route.description}\n\n${roles}`,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: requestBody(route, schemas) }),
    responses: {
      [route.status]: {
        description: "Done.",
        content: { [contentType]: { schema: jsonSchema(route.response, "output", `${route.id}Response`, schemas) } },
      },
      ...Object.fromEntries(problemStatuses(route).map((status) => [status, PROBLEM_RESPONSE])),
      default: PROBLEM_RESPONSE,
    },
  };
}

const PROBLEM_RESPONSE = { $ref: "#/components/responses/Problem" };

function problemStatuses(route: RouteDefinition): number[] {
  const statuses = [400, 401, 403, 429];
  if (route.path.includes("{")) statuses.push(404);
  if (route.method !== "GET") statuses.push(409);
  if (route.body !== undefined) statuses.push(413, 415);
  if (route.if_match !== undefined) statuses.push(412);
  if (route.if_match === "required") statuses.push(428);
  return statuses;
}

function requestBody(route: RouteDefinition, schemas: Json): Json {
  const schema = jsonSchema(route.body!, "input", `${route.id}Body`, schemas);
  // An empty body counts as {}.
  const required = !route.body!.safeParse({}).success;
  return { required, content: { "application/json": { schema } } };
}

function pathParameters({ path }: RouteDefinition): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(route: RouteDefinition, schemas: Json): Json[] {
  if (route.query === undefined) return [];
  const { properties, required = [] } = jsonSchema(route.query, "input", `${route.id}Query`, schemas) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  if (properties === undefined) throw new Error(`the query schema of ${route.id} must be an object`);
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function headerParameters(route: RouteDefinition): Json[] {
  const parameters: Json[] = [];
  if (route.idempotency === "required") {
    parameters.push({
      name: "Idempotency-Key",
      in: "header",
      required: true,
      description: "Repeat a call with the same key and it is carried out once.",
      schema: { type: "string", minLength: 1, maxLength: LIMITS.idempotencyKeyChars },
    });
  }
  if (route.if_match !== undefined) {
    parameters.push({
      name: "If-Match",
      in: "header",
      required: route.if_match === "required",
      description: "The version that the edit is based on, quoted. Another version in force answers 412.",
      schema: { type: "string" },
    });
  }
  return parameters;
}

/** Schemas with an id, or that refer to themselves, move to `components`; everything else stays where it is used. */
function jsonSchema(schema: z.ZodType, io: "input" | "output", name: string, schemas: Json): Json {
  const {
    $schema: _,
    $defs = {},
    ...root
  } = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Json & {
    $defs?: Json;
  };
  let recursive = false;
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => {
        if (key !== "$ref" || typeof member !== "string") return [key, rewrite(member)];
        if (member !== "#") return [key, member.replace("#/$defs/", `#/components/schemas/${name}.`)];
        recursive = true;
        return [key, `#/components/schemas/${name}`];
      }),
    );
  };
  for (const [id, definition] of Object.entries($defs)) schemas[`${name}.${id}`] = rewrite(definition);
  const rewritten = rewrite(root) as Json;
  if (!recursive) return rewritten;
  schemas[name] = rewritten;
  return { $ref: `#/components/schemas/${name}` };
}

const PROBLEM: Json = {
  type: "object",
  required: ["type", "title", "status", "code", "detail", "request_id"],
  properties: {
    type: { type: "string", description: "urn:quetra:problem:<code>" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", description: "Stable; meant for programs." },
    detail: { type: "string", description: "What was wrong and what to do next." },
    request_id: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["pointer", "message"],
        properties: {
          in: { enum: ["body", "query", "path", "header"] },
          pointer: { type: "string", description: "JSON pointer (RFC 6901)" },
          message: { type: "string" },
        },
      },
    },
  },
};
