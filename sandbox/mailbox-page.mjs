/** The mailbox's page: what was sent, newest first. A mail is shown as its text; everything from it is escaped. */
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const html = (text) => clean(text).replace(/[&<>"']/g, (character) => ESCAPES[character]);

/** No control or direction characters but the line break: a mail holds names that anybody chose. */
export const clean = (text) => String(text).replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD");

/** What a program for mail makes a link of, without the full stop of the sentence that it stands in. */
const LINK = /(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])/;
/** The first link of a text: a mail of ours has one. */
export const linkOf = (text) => LINK.exec(text)?.[0] ?? null;

const STYLE = `
:root{color-scheme:light dark;--bg:#f5f6f4;--card:#fff;--ink:#16201c;--soft:#55605b;--line:#dde2de;--go:#0f5c4a;--go-ink:#fff}
@media (prefers-color-scheme:dark){:root{--bg:#111614;--card:#1a211e;--ink:#edf2ef;--soft:#a5b1ab;--line:#313b36;--go:#5fd0ae;--go-ink:#06231b}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:46rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{margin:0;font-size:1.375rem}
h2{margin:0;font-size:1.0625rem}
main>p{margin:.25rem 0 1.25rem;color:var(--soft)}
ol{margin:0;padding:0;list-style:none}
li{padding:.875rem 1.125rem;background:var(--card);border:1px solid var(--line);border-radius:.625rem;margin-bottom:.625rem}
.top{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.25rem 1rem}
.more{color:var(--soft);font-size:.875rem;font-variant-numeric:tabular-nums}
.text{margin:.75rem 0 0;white-space:pre-wrap}
.text a{color:var(--go)}
a.go{display:inline-block;margin-top:.75rem;padding:.5rem 1rem;border-radius:.5rem;background:var(--go);color:var(--go-ink);font-weight:650;text-decoration:none}
:focus-visible{outline:3px solid #1a56d6;outline-offset:2px}
`;

/** Shows new mail by itself. A page that reloads on a clock would take the focus from whoever reads it. */
const SCRIPT = `
const shown = document.body.dataset.newest;
setInterval(async () => {
  try {
    const [newest] = await (await fetch("/mails.json")).json();
    if (newest !== undefined && newest.id !== shown) location.reload();
  } catch {}
}, 2000);
`;

/**
 * @param {readonly { id: string, at: string, to: string, subject: string, text: string }[]} mails Newest first.
 * @param {string} nonce Of the page's one script.
 */
export function mailboxPage(mails, nonce) {
  const list = mails.length === 0 ? "<p>No mail yet. Sign up in the dashboard, and it arrives here.</p>" : items(mails);
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Mailbox – Quetra</title><style>${STYLE}</style></head>
<body data-newest="${html(mails[0]?.id ?? "")}"><main><h1>Mailbox</h1>
<p>Every mail that Quetra sends on this machine ends here; none leaves it.</p>${list}</main>
<script nonce="${html(nonce)}">${SCRIPT}</script></body></html>`;
}

const items = (mails) => `<ol>${mails.map(item).join("")}</ol>`;

function item({ at, to, subject, text }) {
  const link = linkOf(text);
  const go = link === null ? "" : `<a class="go" href="${html(link)}" rel="noreferrer">Open the link</a>`;
  return `<li><div class="top"><h2>${html(subject)}</h2>
<time class="more" datetime="${html(at)}">${html(at.slice(0, 19).replace("T", " "))} UTC</time></div>
<div class="more">to ${html(to)}</div><p class="text">${withLinks(text)}</p>${go}</li>`;
}

/** The pieces that the pattern caught stand at the odd places. */
const withLinks = (text) =>
  text
    .split(LINK)
    .map((piece, at) => (at % 2 === 0 ? html(piece) : `<a href="${html(piece)}" rel="noreferrer">${html(piece)}</a>`))
    .join("");
