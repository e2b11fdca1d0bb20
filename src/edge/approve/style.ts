import { createHash } from "node:crypto";

/**
 * The one style of the pages for people. No font, image or script is loaded from anywhere. Colours have a contrast of at
 * least 4.5 to 1 in both schemes.
 */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f5f6f4;--card:#fff;--ink:#16201c;--soft:#55605b;--line:#dde2de;--quiet:#f0f3f0;
--go:#0f5c4a;--go-ink:#fff;--go-hover:#0a4739;--warn-bg:#fdf3dc;--warn-line:#c98a12;--warn-ink:#5a3d00;
--bad-bg:#fcebea;--bad-line:#b3372c;--bad-ink:#7c1f17;--ok-bg:#e4f3ec;--ok-ink:#0f5c4a;--focus:#1a56d6}
@media (prefers-color-scheme:dark){:root{--bg:#111614;--card:#1a211e;--ink:#edf2ef;--soft:#a5b1ab;--line:#313b36;
--quiet:#222b27;--go:#5fd0ae;--go-ink:#06231b;--go-hover:#83dfc3;--warn-bg:#33290f;--warn-line:#d9a441;--warn-ink:#f7dfa9;
--bad-bg:#371d1a;--bad-line:#e2766b;--bad-ink:#f8c9c3;--ok-bg:#15332a;--ok-ink:#8ee3c7;--focus:#8ab4ff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",
Arial,sans-serif;overflow-wrap:anywhere}
.wrap{max-width:40rem;margin:0 auto;padding:1.25rem 1rem 3rem}
.bar{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem .75rem;margin:0 .25rem 1rem;font-size:.9375rem;color:var(--soft)}
.mark{display:inline-flex;align-items:center;gap:.5rem;font-weight:650;letter-spacing:.01em;color:var(--ink)}
.mark::before{content:"";width:.875rem;height:.875rem;border:.1875rem solid var(--go);border-radius:50%}
.badge{margin-left:auto;padding:.125rem .625rem;border:1px solid var(--warn-line);border-radius:99rem;background:var(--warn-bg);
color:var(--warn-ink);font-size:.8125rem;font-weight:600}
.card{background:var(--card);border:1px solid var(--line);border-radius:.875rem;overflow:hidden;
box-shadow:0 1px 2px rgb(0 0 0/.05),0 8px 24px rgb(0 0 0/.04)}
.part{padding:1.25rem 1.5rem;border-top:1px solid var(--line)}
.part:first-child{border-top:0}
h1,h2,p,dl,dd,ul,blockquote,table{margin:0}
h1{font-size:1rem;font-weight:600;color:var(--soft)}
h1.big{font-size:1.5rem;line-height:1.25;font-weight:650;color:var(--ink);letter-spacing:-.01em}
h2{margin-bottom:.5rem;font-size:.8125rem;font-weight:650;letter-spacing:.04em;text-transform:uppercase;color:var(--soft)}
.figure{margin-top:.25rem;font-size:clamp(2.25rem,11vw,3.25rem);line-height:1.1;font-weight:680;letter-spacing:-.025em;
font-variant-numeric:tabular-nums}
.figure.long{font-size:clamp(1.5rem,7.2vw,2.75rem)}
.figure span,.whole{white-space:nowrap}
.figure small{font-size:.45em;font-weight:600;letter-spacing:0;color:var(--soft)}
.figure.long small{font-size:1rem}
.payee{margin-top:.5rem;font-size:1.1875rem;line-height:1.35}
.payee strong{font-weight:650}
.hint{margin-top:.25rem;font-size:.875rem;color:var(--soft)}
.lead{margin-top:.5rem;color:var(--soft)}
.facts{display:grid;grid-template-columns:9rem 1fr;gap:.625rem 1rem}
.facts dt{color:var(--soft);font-size:.9375rem}
.facts dd{min-width:0}
.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875rem}
.words{padding:.625rem .875rem;border-left:.1875rem solid var(--warn-line);border-radius:0 .5rem .5rem 0;background:var(--quiet)}
.tag{display:block;margin-bottom:.25rem;font-size:.8125rem;color:var(--soft)}
ul.list{padding-left:1.125rem}
ul.list li+li{margin-top:.25rem}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.375rem 0;text-align:right;font-weight:400;vertical-align:top}
th:first-child{text-align:left}
thead th{padding-top:0;font-size:.875rem;color:var(--soft)}
tbody tr{border-top:1px solid var(--line)}
td:last-child{font-weight:600}
td,th+th{padding-left:.75rem;white-space:nowrap}
th{overflow-wrap:break-word}
.over{color:var(--bad-ink)}
summary{cursor:pointer;font-weight:600}
details ul,details p{margin-top:.625rem}
.note{margin-bottom:1rem;padding:.875rem 1.125rem;border:1px solid var(--warn-line);border-left-width:.3125rem;border-radius:.625rem;
background:var(--warn-bg);color:var(--warn-ink)}
.note.bad{border-color:var(--bad-line);background:var(--bad-bg);color:var(--bad-ink)}
.note strong{display:block}
.note ul{margin-top:.375rem}
label{display:block;margin-bottom:.375rem;font-weight:600}
label span{font-weight:400;color:var(--soft)}
textarea,input[type=password]{width:100%;padding:.625rem .75rem;border:1px solid var(--soft);border-radius:.5rem;background:var(--card);
color:var(--ink);font:inherit;resize:vertical}
.actions{display:grid;grid-template-columns:1fr 1fr;gap:.75rem;margin-top:1rem}
.actions.one{grid-template-columns:1fr}
button{min-height:3rem;padding:.625rem 1rem;border:1px solid var(--soft);border-radius:.625rem;background:var(--card);color:var(--ink);
font:inherit;font-weight:650;cursor:pointer}
button:hover{background:var(--quiet)}
a.go{display:block;min-height:3rem;padding:.6875rem 1rem;border-radius:.625rem;background:var(--go);color:var(--go-ink);
font-weight:650;text-align:center;text-decoration:none}
a.go:hover{background:var(--go-hover)}
button.go{border-color:var(--go);background:var(--go);color:var(--go-ink)}
button.go:hover{border-color:var(--go-hover);background:var(--go-hover)}
:focus-visible{outline:.1875rem solid var(--focus);outline-offset:.125rem}
.state{display:inline-block;margin-bottom:.75rem;padding:.25rem .75rem;border-radius:99rem;background:var(--quiet);color:var(--soft);
font-size:.875rem;font-weight:650}
.state.approved{background:var(--ok-bg);color:var(--ok-ink)}
.state.denied,.state.expired{background:var(--bad-bg);color:var(--bad-ink)}
.foot{margin:1rem .25rem 0;font-size:.8125rem;color:var(--soft)}
td span{display:none;font-weight:400;color:var(--soft)}
@media (max-width:30rem){thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tbody tr{display:flex;flex-wrap:wrap;justify-content:space-between;padding:.375rem 0}tbody th{flex-basis:100%}
th,td,td+td{padding:0}td span{display:inline}.actions{grid-template-columns:1fr}
.part{padding:1.125rem 1.125rem}.facts{grid-template-columns:1fr;gap:.125rem}.facts dd{margin-bottom:.625rem}
.facts dd:last-child{margin-bottom:0}}
@media (forced-colors:active){.card,.note,.badge{border:1px solid}}
`;

/** What the pages allow a browser to do: show this style, and send a form back here. */
export const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");
