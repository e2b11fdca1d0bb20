/** Texts that want to become markup, and what would be seen if one of them did. */

/** Each begins with a marker, so that a page can be asked whether it shows the text. At most 40 characters are sure to fit. */
const CORPUS = [
  (m) => `${m}"><x-hit data-hit></x-hit><img src=x onerror=hit=1>`,
  (m) => `${m}<svg onload=hit=1 data-hit><x-hit>`,
  (m) => `${m}' data-hit onfocus='hit=1' autofocus x='`,
  (m) => `${m}" data-hit onmouseover="hit=1" x="`,
  (m) => `${m}</script><script>hit=1</script><x-hit>`,
  (m) => `${m}</title></textarea></style><x-hit>`,
  (m) => `${m}&lt;x-hit&gt;&#60;x-hit&#62;\\u003cx-hit\\u003e`,
  (m) => `javascript:hit=1//${m}<x-hit>{{7*7}}$\{7*7}`,
];
export const SETS = CORPUS.length;

/**
 * Hands out a text for each field, the whole corpus over for every place.
 *
 * @returns `say` for `foundCompany`; `said`: marker → place and text.
 */
export function hostileWords() {
  const said = new Map();
  const times = new Map();
  const say = (place, chars) => {
    const at = times.get(place) ?? 0;
    times.set(place, at + 1);
    const marker = `zq${said.size.toString(36).padStart(3, "0")}z`;
    const text = CORPUS[at % CORPUS.length](marker).slice(0, chars);
    said.set(marker, { place, text });
    return text;
  };
  return { say, said };
}

const MARKER = /zq[0-9a-z]{3}z/g;
/** Of all texts of a page, also those in fields. */
export const markersIn = (text) => new Set(text.toLowerCase().match(MARKER) ?? []);

/**
 * What of a page is not ours: elements and attributes that only a text can have brought in, and scripts that ran.
 *
 * @param {import("playwright-core").Page} page
 * @returns {Promise<{ found: string[], text: string }>}
 */
export const inspect = (page) =>
  steady(page, () => {
    const found = [];
    if (globalThis.hit !== undefined) found.push(`a script ran: hit=${globalThis.hit}`);
    const ours = /^(?:https?|mailto|otpauth|cursor|vscode):/;
    for (const element of document.querySelectorAll("*")) {
      const name = element.localName;
      const isScript = name === "script" && !element.hasAttribute("nonce") && element.type !== "application/json";
      const isStrange = ["x-hit", "iframe", "object", "embed", "base"].includes(name);
      // The charts are placed by script, which the policy allows.
      const strange =
        element.closest(".uplot") === null ? /^on|^data-hit$|^style$|^srcdoc$/i : /^on|^data-hit$|^srcdoc$/i;
      const handler = [...element.attributes].find((one) => strange.test(one.name));
      const leads = ["href", "src", "action", "formaction"].find(
        (one) => element.hasAttribute(one) && !ours.test(new URL(element.getAttribute(one), location.href).href),
      );
      if (isScript || isStrange || handler || leads) found.push(element.outerHTML.slice(0, 200));
    }
    const fields = [...document.querySelectorAll("input,textarea,option")].map((field) => field.value);
    return { found, text: [document.title, document.documentElement.textContent, ...fields].join("\n") };
  });

/** Evaluates in a page that may go on by itself meanwhile, as those do that wait for long work. */
export async function steady(page, work) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await page.evaluate(work);
    } catch (error) {
      if (attempt === 20 || !/context was destroyed|of null/i.test(error.message)) throw error;
      await page.waitForTimeout(250);
    }
  }
}

/** Puts markup into the page as a mistake of ours could, and answers what of it ran. */
export async function force(page) {
  await steady(page, () => {
    const script = document.createElement("script");
    script.textContent = "globalThis.forced = 'inline script'";
    const loaded = document.createElement("script");
    loaded.src = "data:text/javascript,globalThis.forced='script from elsewhere'";
    const box = document.createElement("div");
    box.innerHTML = `<img src="x" onerror="globalThis.forced='handler'">
      <p id="forced-style" style="position:fixed">styled</p><a href="javascript:void(globalThis.forced='link')">link</a>`;
    document.body.append(script, loaded, box);
    box.querySelector("a").click();
    fetch("http://elsewhere.example/").catch(() => {});
  });
  await page.waitForTimeout(150);
  return steady(page, () => {
    const isStyled = getComputedStyle(document.getElementById("forced-style") ?? document.body).position === "fixed";
    return [globalThis.forced, isStyled ? "style attribute" : undefined].filter((one) => one !== undefined);
  });
}
