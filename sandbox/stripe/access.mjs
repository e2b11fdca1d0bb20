/** Who is asking, in which version, and whether the key has the right. */
import { invalid, StripeRefusal } from "./errors.mjs";

const unauthorized = (message, code) => new StripeRefusal(401, { type: "invalid_request_error", code, message });

/** @param {string | undefined} header `Bearer key`, or `Basic` with the key as the user. */
export function authenticate(world, header) {
  const [scheme, value = ""] = (header ?? "").split(" ");
  const basic = () => Buffer.from(value, "base64").toString().split(":")[0];
  const key = /^bearer$/i.test(scheme) ? value : /^basic$/i.test(scheme) ? basic() : "";
  if (key === "") throw unauthorized("You did not provide an API key.");
  if (key.startsWith("pk_"))
    throw new StripeRefusal(403, {
      type: "invalid_request_error",
      code: "secret_key_required",
      message: "This API call cannot be made with a publishable API key. Please use a secret API key.",
    });
  const known = world.keys.get(key);
  if (known?.revoked) throw unauthorized(`Expired API Key provided: ${masked(key)}`, "api_key_expired");
  if (known === undefined) throw unauthorized(`Invalid API Key provided: ${masked(key)}`);
  return { ...known, key };
}

const masked = (key) => `${key.slice(0, 8)}${"*".repeat(8)}${key.slice(-4)}`;

/** @returns {boolean} Whether it is a preview version. */
export function readVersion(header) {
  if (header === undefined || header === "")
    throw invalid(undefined, "The sandbox has no default version: send a Stripe-Version header.");
  if (!/^\d{4}-\d{2}-\d{2}\.[a-z]+$/.test(header)) throw invalid(undefined, `Invalid Stripe API version: ${header}`);
  return header.endsWith(".preview");
}

/** @param {Record<string, string> | null} rights Null: a secret key, which may do everything. */
export function checkRight({ rights, account, key }, [resource, level]) {
  if (rights === null) return;
  const has = rights[resource] ?? "none";
  if (has === "write" || has === level) return;
  throw new StripeRefusal(403, {
    type: "invalid_request_error",
    message: `The provided key '${masked(key)}' does not have the required permissions for this endpoint on account '${account.id}'. Having the 'rak_${resource.replace(/s$/, "")}_${level}' permission would allow this request to continue.`,
  });
}
