/**
 * A shop that sells by the Agentic Commerce Protocol, as an honest merchant would run it: every request and every own answer
 * is judged by the published schema of its release, keys are idempotent, a token is spent once at Stripe, and messages
 * about orders are signed. It is unhappy on demand: by items that the page at `/` names, or by the control API
 * (`control.mjs`).
 */
import { Hono } from "hono";
import { listen } from "../listen.mjs";
import { acpRoutes } from "./api.mjs";
import { NEWEST, problemOf, VERSIONS } from "./contract.mjs";
import { controlRoutes } from "./control.mjs";
import { CURRENCIES } from "./money.mjs";
import { pages } from "./pages.mjs";
import { sellerAccount } from "./seller.mjs";
import { flush, listener } from "./webhooks.mjs";
import { createWorld } from "./world.mjs";

export const SANDBOX_BEARER = "acp_sandbox_bearer";
const SESSION_MS = 30 * 60_000;

/**
 * @param {object} options
 * @param {number} [options.port] Left out: any free one.
 * @param {string} options.stripeUrl Where the shop's payments go.
 * @param {string} options.sellerKey Of the shop's Stripe account.
 * @param {string} options.sellerProfile `profile_…`: to whom a token must be made out.
 * @param {string} [options.bearer]
 * @param {readonly string[]} [options.versions] Releases that it speaks.
 * @param {{ url: string, secret: string }} [options.webhook] Who is told of orders.
 * @param {string} [options.publicUrl] Base of the links in its answers; left out: its own.
 * @param {number} [options.ttlMs] Life of a session.
 * @param {number | null} [options.finishAfterMs] When an asynchronous order is finished by itself; null = only when told.
 * @param {() => number} [options.now]
 * @returns {Promise<{ url: string, apiUrl: string, port: number, world: object, stop: () => Promise<void> }>}
 */
export async function startMerchant({
  port,
  stripeUrl,
  sellerKey,
  sellerProfile,
  bearer = SANDBOX_BEARER,
  versions = VERSIONS,
  webhook,
  publicUrl,
  ttlMs = SESSION_MS,
  finishAfterMs = null,
  now = Date.now,
}) {
  const seller = sellerAccount({ stripeUrl, sellerKey });
  const world = createWorld({ seller, sellerProfile, bearer, versions, publicUrl, ttlMs, finishAfterMs, now });
  world.listener = webhook === undefined ? null : listener(webhook);
  const app = new Hono();
  // A web page must not read this shop under a name of its own.
  app.use(async (c, next) => {
    if (!/^(127\.0\.0\.1|localhost):\d+$/.test(c.req.header("host") ?? "")) return c.text("", 421);
    return next();
  });
  app.get("/.well-known/acp.json", (c) => discovery(c, world));
  // Also at the root, for who was told of no other base.
  app.route("/acp", acpRoutes(world));
  app.route("/", acpRoutes(world));
  app.route("/_control", controlRoutes(world));
  app.route("/", pages(world));
  const running = await listen(app, port);
  world.ownUrl = running.url;
  world.publicUrl ??= running.url;
  const stop = async () => {
    await Promise.race([flush(world), new Promise((resolve) => setTimeout(resolve, 200).unref())]);
    await running.stop();
  };
  return { url: running.url, apiUrl: `${running.url}/acp`, port: running.port, world, stop };
}

function discovery(c, world) {
  if (world.deviations.has("no_discovery")) return c.json({ error: "not found" }, 404);
  const supported = VERSIONS.filter((version) => world.versions.includes(version)).reverse();
  const document = {
    protocol: { name: "acp", version: supported.at(-1), supported_versions: supported },
    api_base_url: `${world.ownUrl}/acp`,
    transports: ["rest"],
    capabilities: { services: ["checkout", "orders"], supported_currencies: Object.keys(CURRENCIES) },
  };
  const wrong = problemOf(NEWEST, "DiscoveryResponse", document);
  if (wrong !== null) throw new Error(`The discovery document is not valid at ${wrong.param}.`);
  return c.json(document, 200, { "cache-control": "public, max-age=3600" });
}
