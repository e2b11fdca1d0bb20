import { createHash } from "node:crypto";
import uplotScript from "uplot/dist/uPlot.iife.min.js";
import uplotStyle from "uplot/dist/uPlot.min.css";
import script from "./assets/app.client.js";
import style from "./assets/app.css";

/** Files that pages load, each under a name that holds a digest of its content: browsers keep them for good. */
interface Asset {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

const JS = "text/javascript; charset=utf-8";
const CSS = "text/css; charset=utf-8";

function asset(stem: string, extension: string, type: string, text: string): Asset {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return { name: `${stem}-${digest}.${extension}`, type, text };
}

const APP_STYLE = asset("app", "css", CSS, style);
const APP_SCRIPT = asset("app", "js", JS, script);
const CHART_STYLE = asset("chart", "css", CSS, uplotStyle);
const CHART_SCRIPT = asset("chart", "js", JS, uplotScript);
const ASSETS = new Map([APP_STYLE, APP_SCRIPT, CHART_STYLE, CHART_SCRIPT].map((one) => [one.name, one]));

const path = ({ name }: Asset) => `/dashboard/assets/${name}`;
export const ASSET_PATHS = {
  style: path(APP_STYLE),
  script: path(APP_SCRIPT),
  chartStyle: path(CHART_STYLE),
  chartScript: path(CHART_SCRIPT),
} as const;

export function serveAsset(name: string): Response | null {
  const found = ASSETS.get(name);
  if (found === undefined) return null;
  return new Response(found.text, {
    headers: {
      "content-type": found.type,
      "cache-control": "public, max-age=31536000, immutable",
      "cross-origin-resource-policy": "same-origin",
    },
  });
}
