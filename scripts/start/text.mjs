/** What `npm start` prints once everything runs. */

import { MEMBERS } from "./members.mjs";

/** The URL that clients get. It holds the spend key: whoever has it can ask and spend within the mandates. */
export const mcpUrl = (origin, demo) => `${origin}/${demo.keys.spend}/mcp`;

export function welcome({ origin, demo, demoFile, paidApi, shop, receiver, mailbox }) {
  const [first, ...others] = MEMBERS;
  const url = mcpUrl(origin, demo);
  const config = JSON.stringify({ mcpServers: { quetra: { type: "http", url } } }, null, 2);
  const keyOf = (role) => `$(node -p 'require("${demoFile}").keys.${role}')`;
  const paying =
    paidApi === null
      ? ""
      : `
  Let an agent pay: a test wallet with 100 USDC on a chain of this machine, and an API that sells for it (${paidApi})

    "For research, fetch the premium weather for Ljubljana: ${paidApi}/premium/weather?city=Ljubljana (category data)"
    "What does ${paidApi}/report cost, and may research buy it?"
`;
  return `
Quetra is running.

  Dashboard

    ${origin}/dashboard

    Sign in    ${first.email}
    Password   ${demo.people.password}

    With the same password: ${others.map(({ email, role }) => `${email} (${role})`).join(", ")}
    Or sign up yourself: mail of this machine arrives at ${mailbox} , and its links are printed below.

  MCP URL (a spend key: agents can ask and spend within their mandates, and nothing else)

    ${url}

  Claude Code

    claude mcp add --transport http quetra ${url}

  .mcp.json

${config.replaceAll(/^/gm, "    ")}

  Try

    "Which agents can spend, and how much is left?"
    "May research spend 12 USD on data at api.openweathermap.org?"
    "Authorize it, then report that it cost 11.40."
    "Authorize 20 USD on reports for research."    (needs a person; see below)
${paying}
  Let an agent charge a card and shop: a stand-in for Stripe, and a merchant of this machine (${shop})

    "For office, charge 12 USD to the company card."
    "For office, buy two of "paper" at ${shop} for at most 40 USD, delivery included."

  Webhooks arrive at ${receiver} : every spend, within a second. What waits for a person has a link there;
  open it, and approve or deny.

  REST API: ${origin}/api/v1, described at ${origin}/api/v1/openapi.json
  The demo's admin, read and approve keys are in ${demoFile}

    Waiting approvals
    curl -s ${origin}/api/v1/approvals -H "authorization: Bearer ${keyOf("approve")}"

    Approve one
    curl -s ${origin}/api/v1/approvals/<id>/decision -H "authorization: Bearer ${keyOf("approve")}" \\
      -H "content-type: application/json" -d '{"decision":"approve"}'

    Stop all spending
    curl -s -X POST ${origin}/api/v1/organization/freeze -H "authorization: Bearer ${keyOf("admin")}" \\
      -H "content-type: application/json" -d '{}'

  Ctrl-C stops the service; starting it again keeps everything.
`;
}
