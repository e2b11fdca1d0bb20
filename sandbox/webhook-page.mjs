/** The receiver's page: what came, newest first, and what waits for a person. Everything from a message is escaped. */
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const html = (text) => clean(text).replace(/[&<>"']/g, (character) => ESCAPES[character]);

/** No control or direction characters: a vendor's name is anybody's text. */
export const clean = (text) => String(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD");

/** What a person wants to see of an event on one line. */
export function summary({ data = {} }) {
  const { amount, currency, vendor, status, limit, used, message, endpoint_id: endpoint } = data;
  const budget = limit === undefined ? undefined : `${used} of ${limit} ${currency}`;
  const price = amount === undefined ? undefined : `${amount} ${currency}`;
  return [price, vendor, budget, status, message, endpoint].filter((part) => part !== undefined).join(" · ");
}

const STYLE = `
:root{color-scheme:light dark;--bg:#f5f6f4;--card:#fff;--ink:#16201c;--soft:#55605b;--line:#dde2de;--go:#0f5c4a;--go-ink:#fff;--bad:#a12c22}
@media (prefers-color-scheme:dark){:root{--bg:#111614;--card:#1a211e;--ink:#edf2ef;--soft:#a5b1ab;--line:#313b36;--go:#5fd0ae;--go-ink:#06231b;--bad:#f0958b}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:46rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{margin:0;font-size:1.375rem}
p{margin:.25rem 0 1.25rem;color:var(--soft)}
ol{margin:0;padding:0;list-style:none}
li{padding:.875rem 1.125rem;background:var(--card);border:1px solid var(--line);border-radius:.625rem;margin-bottom:.625rem}
.top{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.25rem 1rem}
.type{font-weight:650}
.rejected .type,.overdraft .type,.exhausted .type{color:var(--bad)}
time,.more{color:var(--soft);font-size:.875rem;font-variant-numeric:tabular-nums}
a.go{display:inline-block;margin-top:.625rem;padding:.5rem 1rem;border-radius:.5rem;background:var(--go);color:var(--go-ink);font-weight:650;text-decoration:none}
:focus-visible{outline:3px solid #1a56d6;outline-offset:2px}
`;

/** @param {readonly { type: string, timestamp: string, seq: number, data: any, times: number }[]} events */
export function receiverPage(events) {
  const list = events.length === 0 ? "<p>Nothing has come yet. Let an agent spend something.</p>" : items(events);
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Webhooks – Quetra</title><style>${STYLE}</style></head>
<body><main><h1>Webhooks</h1><p>Each message below was verified with its signature.</p>${list}</main></body></html>`;
}

const items = (events) => `<ol>${events.map(item).join("")}</ol>`;

function item(event) {
  const { type, timestamp, seq, data, times } = event;
  const words = summary(event);
  const again = times > 1 ? ` · came ${times} times` : "";
  return `<li class="${html(type.split(".").at(-1))}"><div class="top"><span class="type">${html(type)}</span>
<time datetime="${html(timestamp)}">${html(timestamp.slice(11, 19))} UTC · no. ${html(seq)}${again}</time></div>
${words === "" ? "" : `<div>${html(words)}</div>`}${decide(data)}</li>`;
}

/** The link carries the authority to decide, so it stands here and nowhere that an agent reads. */
function decide({ approval_link: link }) {
  if (typeof link !== "string" || !/^https?:\/\//.test(link)) return "";
  return `<a class="go" href="${html(link)}" rel="noreferrer">Look at it and decide</a>`;
}
