import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequiredResult,
  inputRequired,
  type ServerContext,
} from "@modelcontextprotocol/server";

/** The name of the one thing that is ever asked for. */
const REQUEST = "approval";

/**
 * Sends a person to the page of an approval that this very call has opened, where the client can show a URL (URL mode
 * elicitation, MCP 2026-07-28). Asked once: the repeated call finds its purchase in the ledger and is answered plainly,
 * whatever the client says that the person did. That word is never read, since whoever holds the client could send it,
 * and nothing else of the exchange is kept: arguments and idempotency key of the call say everything.
 */
export function askPerson(result: CallToolResult, context: ServerContext): CallToolResult | InputRequiredResult {
  const { inputResponses, droppedInputResponseKeys, envelope } = context.mcpReq;
  if (inputResponses !== undefined || droppedInputResponseKeys !== undefined) return result;
  const answer = (result.structuredContent ?? {}) as Readonly<Record<string, unknown>>;
  const { outcome, replayed, approval_url, message } = answer;
  if (outcome !== "pending_approval" || replayed === true) return result;
  if (typeof approval_url !== "string" || typeof message !== "string") return result;
  if (!showsUrls((envelope as Readonly<Record<string, unknown>> | undefined)?.[CLIENT_CAPABILITIES_META_KEY])) {
    return result;
  }
  return inputRequired({ inputRequests: { [REQUEST]: inputRequired.elicitUrl({ message, url: approval_url }) } });
}

/** The capabilities that this very request declares, as the client wrote them. */
function showsUrls(declared: unknown): boolean {
  const { elicitation } = (declared ?? {}) as { readonly elicitation?: { readonly url?: unknown } | null };
  return typeof elicitation?.url === "object" && elicitation.url !== null;
}
