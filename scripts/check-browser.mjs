#!/usr/bin/env node
/**
 * The dashboard in a real browser, from an empty database: runs `test/browser/checks/` in order.
 *
 *   npm run test:browser -- [--only 02] [--screenshots <folder>]
 */
import { mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { findChromium, HOW_TO_INSTALL, launch } from "../test/browser/support/chromium.mjs";
import { startReceiver } from "../test/browser/support/company.mjs";
import { startFreshDashboard } from "./start/fresh.mjs";
import { ROOT } from "./start/service.mjs";

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, screenshots: { type: "string" } },
});
const chromium = findChromium();
if (chromium === null) {
  console.error(HOW_TO_INSTALL);
  process.exit(1);
}
const screenshots = values.screenshots ?? mkdtempSync(join(tmpdir(), "quetra-browser-"));
mkdirSync(screenshots, { recursive: true });

let passed = 0;
let failed = 0;
function check(name, condition, detail = "") {
  if (condition) passed += 1;
  else failed += 1;
  console.log(`${condition ? "ok  " : "FAIL"} ${name}${condition || detail === "" ? "" : `\n     ${detail}`}`);
}

const FOLDER = join(ROOT, "test/browser/checks");
const files = readdirSync(FOLDER).filter((file) => file.endsWith(".mjs") && file.startsWith(values.only));
const receiver = await startReceiver();
const { origin, operator, mailbox, words } = await startFreshDashboard({ ports: [receiver.port] });
const browser = await launch(chromium);
console.log(`Chromium ${browser.version()}; screenshots in ${screenshots}`);
for (const file of files.sort()) {
  const { name, run } = await import(pathToFileURL(join(FOLDER, file)).href);
  console.log(`\n${name}`);
  const shoot = (page, what) => page.screenshot({ path: join(screenshots, `${what}.png`), fullPage: true });
  try {
    await run({ browser, origin, operator, mailbox, receiver, check, shoot });
  } catch (error) {
    check(`${name} came to its end`, false, error.stack);
    await shootAll(file);
  }
  for (const context of browser.contexts()) await context.close();
}
await browser.close();
if (failed > 0 && words() !== "") console.log(`\nThe service said last:\n${words()}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

/** Where each page stood when a check broke off. */
async function shootAll(file) {
  const pages = browser.contexts().flatMap((context) => context.pages());
  for (const [at, page] of pages.entries()) {
    console.log(`     at ${page.url()}`);
    await page.screenshot({ path: join(screenshots, `broken-${file}-${at}.png`), fullPage: true }).catch(() => {});
  }
}
