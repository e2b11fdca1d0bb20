/** The look of the shop's pages: that of the sandbox's other page. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f5f6f4;--card:#fff;--ink:#16201c;--soft:#55605b;--line:#dde2de;--go:#0f5c4a;--go-ink:#fff;--bad:#a12c22}
@media (prefers-color-scheme:dark){:root{--bg:#111614;--card:#1a211e;--ink:#edf2ef;--soft:#a5b1ab;--line:#313b36;--go:#5fd0ae;--go-ink:#06231b;--bad:#f0958b}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{margin:0;font-size:1.375rem}
h2{margin:2rem 0 .625rem;font-size:1.0625rem}
p{margin:.25rem 0 1.25rem;color:var(--soft)}
ul,ol{margin:0;padding:0;list-style:none}
.goods{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(18rem,100%),1fr));gap:.625rem}
li,section{padding:.875rem 1.125rem;background:var(--card);border:1px solid var(--line);border-radius:.625rem}
ol li{margin-bottom:.625rem}
.goods li{display:flex;flex-direction:column}
.goods li .top:last-child{margin-top:auto;padding-top:.5rem}
.top{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:.125rem 1rem}
.name{font-weight:650}
.soft,time,.price{color:var(--soft);font-size:.875rem;font-variant-numeric:tabular-nums}
.bad{color:var(--bad)}
section+p{margin-top:1rem}
.price span{white-space:nowrap}
.top>.bad{font-size:.875rem}
code{font:.875rem/1.4 ui-monospace,monospace}
a{color:var(--go)}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
td{padding:.375rem 0;vertical-align:top}
td+td{padding-left:1rem;text-align:right;white-space:nowrap}
.sum td{border-top:1px solid var(--line);font-weight:650}
button{margin:0 .5rem .5rem 0;padding:.625rem 1.125rem;border:1px solid var(--go);border-radius:.5rem;background:var(--go);color:var(--go-ink);font:inherit;font-weight:650;cursor:pointer}
button.quiet{background:none;color:var(--go)}
:focus-visible{outline:3px solid #1a56d6;outline-offset:2px}
`;
