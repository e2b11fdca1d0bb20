/** How a page looks: in which light, on which screen, and whether everybody can use it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1280, height: 800 };
export const SCREENS = { desktop: DESKTOP, phone: PHONE };

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * What axe-core finds serious or critical in the page as it is now. It gets in through the debugger, past the page's
 * policy, which stays in force for everything else.
 *
 * @returns {Promise<string[]>} One line per rule that is broken, with the elements.
 */
export async function axe(page) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, impact, help, nodes }) => ({
      id,
      impact,
      help,
      nodes: nodes.slice(0, 4).map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ""}`),
    }));
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, impact, help, nodes }) => `${id} (${impact}): ${help}\n      ${nodes.join("\n      ")}`);
}

/**
 * What makes the page wider than the screen. What scrolls inside a box of its own (a table, a line of code) does not.
 *
 * @returns {Promise<string[]>} The elements that stick out, the innermost of each; empty where nothing scrolls.
 */
export const horizontalScroll = (page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const isOut = (element) => element.getBoundingClientRect().right > clientWidth + 1;
    const out = [...document.body.querySelectorAll("*")].filter(
      (element) => isOut(element) && ![...element.children].some(isOut),
    );
    const words = out.map((element) => element.outerHTML.slice(0, 120)).slice(0, 5);
    return [`${scrollWidth} px in ${clientWidth} px`, ...words];
  });

/** Nothing may have to be pushed sideways. */
export async function noHorizontalScroll(check, name, page) {
  const out = await horizontalScroll(page);
  check(`${name}: does not scroll sideways`, out.length === 0, out.join("\n      "));
}

/** Everybody can use it. */
export async function accessible(check, name, page) {
  const found = await axe(page);
  check(`${name}: axe finds nothing serious`, found.length === 0, found.join("\n    "));
}

/** The same in light and in dark. */
export async function bothSchemes(page, act) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await act(scheme);
  }
}
