/** A Chromium of this machine: nothing is downloaded. */
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PLACES = [
  process.env.CHROMIUM,
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** @returns {string | null} The first that there is. */
export const findChromium = () =>
  [...PLACES, chromium.executablePath()].find((path) => path !== undefined && path !== "" && existsSync(path)) ?? null;

export const HOW_TO_INSTALL = `There is no Chromium on this machine. On Debian or Ubuntu:

  apt-get install chromium-headless-shell

Or name one in the variable CHROMIUM.`;

export function launch(executablePath) {
  // Chromium's own sandbox refuses to work for root, which is who runs in containers.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args });
}
