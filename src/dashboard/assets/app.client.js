// What pages do beyond forms and links. Without this file every page works; nothing here decides or keeps anything but
// the choice of light and dark. Texts go into pages as text only, never as markup of our making.
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  /** How far this computer's clock is from the server's. */
  const skew = Date.now() - (Number(root.dataset.now) || Date.now());
  const now = () => Date.now() - skew;

  // One quiet place for what screen readers should hear.
  const voice = document.createElement("div");
  voice.className = "hidden";
  voice.setAttribute("aria-live", "polite");
  document.body.append(voice);
  const say = (words) => {
    voice.textContent = "";
    setTimeout(() => {
      voice.textContent = words;
    }, 50);
  };

  // Copying
  const showCopyButtons = (within) => {
    for (const button of all("[data-copy] button.copy", within)) button.hidden = false;
  };
  async function copy(button) {
    const source = button.closest("[data-copy]").querySelector("code");
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      // Without the right to write, the text is at least selected for the keyboard.
      getSelection().selectAllChildren(source);
      return say("Selected. Press Control or Command and C to copy.");
    }
    say("Copied");
    if (button.classList.contains("done")) return;
    const before = [...button.childNodes];
    button.classList.add("done");
    button.replaceChildren("Copied");
    setTimeout(() => {
      button.classList.remove("done");
      button.replaceChildren(...before);
    }, 1600);
  }

  // Times
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });
  const UNITS = [
    ["day", 86400000],
    ["hour", 3600000],
    ["minute", 60000],
  ];
  function agoWords(away) {
    if (Math.abs(away) < 45000) return "now";
    const [unit, span] = UNITS.find((one) => Math.abs(away) >= one[1]) ?? UNITS[2];
    return relative.format(Math.trunc(away / span) || Math.sign(away), unit);
  }
  function leftWords(away) {
    if (away <= 0) return "Time is up";
    const seconds = Math.floor(away / 1000);
    if (seconds < 60) return seconds === 1 ? "1 second left" : `${seconds} seconds left`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 120) return minutes === 1 ? "1 minute left" : `${minutes} minutes left`;
    const hours = Math.floor(minutes / 60);
    return hours < 48 ? `${hours} hours left` : `${Math.floor(hours / 24)} days left`;
  }
  function tick() {
    for (const time of all("time[data-ticks]")) {
      const away = Date.parse(time.dateTime) - now();
      const words = time.dataset.ticks === "left" ? leftWords(away) : agoWords(away);
      if (time.textContent !== words) time.textContent = words;
      if (time.dataset.ticks === "left") time.classList.toggle("soon", away < 120000);
    }
  }
  setInterval(() => document.hidden || tick(), 1000);

  // Forms: a press shows that it was taken, and a second one does nothing.
  const busy = new Set();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (busy.has(form)) return event.preventDefault();
    if (form.method !== "post") return;
    busy.add(form);
    const button = event.submitter;
    // A button that is disabled right now would not be sent along.
    setTimeout(() => {
      for (const one of all("button", form)) one.setAttribute("aria-disabled", "true");
      if (button) button.dataset.busy = "";
      say("Working");
    });
    // A form that is answered with a file, or not at all, can be sent again.
    setTimeout(release, 30000, form);
  });
  function release(form) {
    busy.delete(form);
    for (const one of all("button", form)) {
      one.removeAttribute("aria-disabled");
      delete one.dataset.busy;
    }
  }
  addEventListener("pageshow", () => busy.forEach(release));

  // Clicks and keys
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-copy] button.copy");
    if (button) copy(button);
    for (const menu of all("details.account[open]")) if (!menu.contains(target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.activeElement?.closest("details.confirm[open], details.account[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // Light and dark
  function showTheme() {
    for (const choice of all(".theme")) choice.hidden = false;
    const chosen = root.dataset.theme ?? "auto";
    for (const button of all(".theme button")) button.setAttribute("aria-pressed", String(button.value === chosen));
  }
  for (const button of all(".theme button")) {
    button.addEventListener("click", () => {
      const { value } = button;
      if (value === "auto") delete root.dataset.theme;
      else root.dataset.theme = value;
      const secure = location.protocol === "https:" ? "; Secure" : "";
      const age = value === "auto" ? 0 : 31536000;
      // biome-ignore lint/suspicious/noDocumentCookie: the cookie store is not everywhere, and this one holds a taste only.
      document.cookie = `quetra_theme=${value}; Path=/dashboard; Max-Age=${age}; SameSite=Lax${secure}`;
      showTheme();
      repaint();
    });
  }

  // Charts: stacked bars or areas, one colour per series, from the JSON inside. The table below says the same in words.
  const charts = new Map();
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const seriesColour = (at) => colour(`--chart-${(at % 6) + 1}`);
  const figures = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
  const exact = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 6 });
  const element = (tag, className, ...children) => {
    const made = document.createElement(tag);
    made.className = className;
    made.append(...children);
    return made;
  };

  function tooltip(box, { labels, series, unit }) {
    const tip = element("div", "chart-tip");
    tip.hidden = true;
    tip.setAttribute("aria-hidden", "true");
    box.append(tip);
    return (chart) => {
      const { idx, left } = chart.cursor;
      tip.hidden = idx === null || idx === undefined || left < 0;
      if (tip.hidden) return;
      const shown = series.map((one, at) => ({ ...one, at })).filter((one) => one.values[idx] > 0);
      const line = ({ label, values, at }) =>
        element("p", `key k${(at % 6) + 1}`, element("bdi", "", label), element("b", "", exact.format(values[idx])));
      const total = shown.reduce((sum, one) => sum + one.values[idx], 0);
      tip.replaceChildren(
        element("strong", "", labels[idx]),
        ...shown.map(line),
        element("p", "key sum", "Total", element("b", "", `${exact.format(Number(total.toFixed(6)))} ${unit}`)),
      );
      const at = chart.valToPos(idx, "x") + chart.over.offsetLeft;
      const room = box.clientWidth - tip.offsetWidth;
      tip.style.transform = `translateX(${Math.max(0, Math.min(room, at - tip.offsetWidth / 2))}px)`;
    };
  }

  function draw(box) {
    const source = box.querySelector('script[type="application/json"]');
    if (!source || typeof uPlot === "undefined") return;
    const data = JSON.parse(source.textContent);
    // Sums from below; the tallest is painted first, and the others over it.
    const sums = [];
    data.series.forEach(({ values }, at) => {
      sums.push(values.map((value, day) => value + (at === 0 ? 0 : sums[at - 1][day])));
    });
    const order = data.series.map((_one, at) => at).reverse();
    const paths =
      data.kind === "area"
        ? uPlot.paths.linear()
        : uPlot.paths.bars({ size: [0.68, 36], radius: data.series.length === 1 ? 0.15 : 0 });
    const ink = () => colour("--soft");
    const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
    const size = () => ({ width: box.clientWidth, height: box.clientWidth < 520 ? 180 : 240 });
    const grid = { stroke: () => colour("--line"), width: 1 };
    const last = data.labels.length - 1;
    box.hidden = false;
    const chart = new uPlot(
      {
        ...size(),
        padding: [12, 4, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
        scales: {
          x: { time: false, range: [-0.6, last + 0.6] },
          y: { range: (_chart, _low, high) => [0, high > 0 ? high * 1.08 : 1] },
        },
        axes: [
          {
            stroke: ink,
            font,
            grid: { show: false },
            ticks: { show: false },
            size: 30,
            gap: 6,
            space: 64,
            incrs: [1, 2, 5, 7, 10, 14],
            values: (_chart, splits) => splits.map((split) => data.labels[split] ?? ""),
          },
          {
            stroke: ink,
            font,
            grid,
            ticks: { show: false },
            size: 56,
            space: 44,
            values: (_c, v) => v.map((n) => figures.format(n)),
          },
        ],
        series: [
          {},
          ...order.map((at) => ({
            paths,
            points: { show: false },
            width: data.kind === "area" ? 1.5 : 0,
            stroke: () => seriesColour(at),
            fill: () => seriesColour(at),
          })),
        ],
        hooks: { setCursor: [tooltip(box, data)] },
      },
      [data.labels.map((_label, day) => day), ...order.map((at) => sums[at])],
      box,
    );
    const watch = new ResizeObserver(() => {
      if (box.clientWidth > 0 && box.clientWidth !== chart.width) chart.setSize(size());
    });
    watch.observe(box);
    charts.set(box, { chart, watch });
  }
  function repaint() {
    for (const { chart } of charts.values()) chart.redraw();
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

  function enhance(within) {
    showCopyButtons(within);
    for (const box of all("[data-chart]", within)) draw(box);
    tick();
  }
  /** How each part came from the server: what has not changed stays. */
  const sources = new WeakMap();
  for (const part of all("[data-live][id]")) sources.set(part, part.outerHTML);
  enhance(document);
  showTheme();

  // Following what happens: a number is asked for, and where it has grown the page's own parts are fetched anew.
  const pulse = document.querySelector('meta[name="pulse"]');
  if (!pulse) return;
  const SECOND = 1000;
  let seen = pulse.dataset.seq === undefined ? null : Number(pulse.dataset.seq);
  let changedAt = Date.now();
  let failures = 0;
  let timer = 0;
  let pressed = false;
  for (const type of ["pointerdown", "pointerup", "pointercancel"]) {
    addEventListener(type, () => {
      pressed = type === "pointerdown";
    });
  }

  const FIELDS = "input:not([type=hidden]):not([type=submit]), textarea, select";
  function touched(field) {
    if (field.id === "menu") return false;
    if (field.tagName === "SELECT") return [...field.options].some((one) => one.selected !== one.defaultSelected);
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue || field === document.activeElement;
  }
  const typedIn = (within) => all(FIELDS, within).some(touched) || [...busy].some((form) => within.contains(form));

  const FOCUSABLE = "a[href], button, summary, input, select, textarea, [tabindex]";
  const nameOf = (one) =>
    [one.id, one.tagName, one.getAttribute("href"), one.getAttribute("name"), one.textContent.trim()].join("|");
  /** Its name, and the how-manieth of that name. */
  function placeOf(one, within, selector) {
    const same = all(selector, within).filter((other) => nameOf(other) === nameOf(one));
    return { name: nameOf(one), index: same.indexOf(one) };
  }
  const find = ({ name, index }, within, selector) =>
    all(selector, within).filter((one) => nameOf(one) === name)[index];

  /** Answers false where it must wait, because somebody is at work in it. */
  function replace(old, fresh) {
    const source = fresh.outerHTML;
    if (sources.get(old) === source) return true;
    if (pressed || typedIn(old)) return false;
    const focus = old.contains(document.activeElement) ? placeOf(document.activeElement, old, FOCUSABLE) : null;
    const open = all("details[open] > summary", old).map((one) => placeOf(one, old, "summary"));
    for (const box of all("[data-chart]", old)) {
      charts.get(box)?.watch.disconnect();
      charts.get(box)?.chart.destroy();
      charts.delete(box);
    }
    const made = document.importNode(fresh, true);
    for (const place of open) {
      const summary = find(place, made, "summary");
      if (summary) summary.parentElement.open = true;
    }
    old.replaceWith(made);
    sources.set(made, source);
    enhance(made);
    if (focus) find(focus, made, FOCUSABLE)?.focus({ preventScroll: true });
    made.dispatchEvent(new CustomEvent("quetra:replaced", { bubbles: true }));
    return true;
  }

  /** The page as it is now. What somebody has typed is not thrown away for it. */
  function leave() {
    if (!typedIn(document)) location.reload();
  }
  const gone = (response) => response.type === "opaqueredirect" || [401, 403, 404].includes(response.status);
  const ask = (url) => fetch(url, { redirect: "manual", cache: "no-store", credentials: "same-origin" });

  /** Answers false where a part has to wait for the next time. */
  async function refresh() {
    const response = await ask(location.pathname + location.search);
    if (gone(response)) {
      leave();
      return true;
    }
    if (!response.ok) throw new Error("not reachable");
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const places = (page) => all("[data-live][id]", page).map(({ id }) => id);
    // Another page than this one, for example the first agent has come: it is opened anew.
    if (places(fresh).join() !== places(document).join()) {
      leave();
      return true;
    }
    let complete = true;
    for (const old of all("[data-live][id]")) {
      const part = fresh.getElementById(old.id);
      if (part && !replace(old, part)) complete = false;
    }
    return complete;
  }

  async function beat() {
    try {
      const response = await ask(pulse.content);
      if (gone(response)) return leave();
      if (!response.ok) throw new Error("not reachable");
      const { seq } = await response.json();
      if (seen === null) seen = seq;
      if (seq > seen) {
        changedAt = Date.now();
        if (await refresh()) seen = seq;
      }
      failures = 0;
    } catch {
      failures += 1;
    }
    later();
  }
  function later() {
    clearTimeout(timer);
    if (document.hidden) return;
    const calm = Date.now() - changedAt > 120 * SECOND ? 10 * SECOND : 3 * SECOND;
    timer = setTimeout(beat, failures === 0 ? calm : Math.min(60, 3 * 2 ** failures) * SECOND);
  }
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) beat();
  });
  beat();
})();

// Setup: a delivery is looked at until it has ended, and the steps of a long replay follow each other.
(() => {
  const form = document.querySelector("[data-goes-on] form");
  if (form) setTimeout(() => form.requestSubmit(), 300);
  let left = 40;
  async function look() {
    const old = document.querySelector("[data-follow][id]");
    if (!old || left-- === 0) return;
    if (!document.hidden) {
      const response = await fetch(location.pathname, { redirect: "manual", cache: "no-store" }).catch(() => null);
      const text = response?.ok ? await response.text() : "";
      const part = new DOMParser().parseFromString(text, "text/html").getElementById(old.id);
      if (part) old.replaceWith(document.importNode(part, true));
      // The new part is wired up like the page was: its copy buttons would otherwise stay hidden.
      for (const button of document.querySelectorAll("[data-copy] button.copy")) button.hidden = false;
    }
    setTimeout(look, 1500);
  }
  setTimeout(look, 1000);
})();

// Organizations: the browser knows its time zone better than the network does. What somebody has typed stays.
(() => {
  const field = document.querySelector("[data-guess-time-zone] input");
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (field && timeZone && field.value === field.defaultValue) field.value = timeZone;
})();

// Mandate builder: the words beside the form follow what is typed, and its buttons change it without a new page. Both
// ask the addresses that the form has without script, and take over what those answer.
(() => {
  const form = document.getElementById("builder");
  if (!form) return;
  let timer = 0;
  let asked = 0;
  let own = true;
  const post = (url, button) => {
    const body = new URLSearchParams(new FormData(form));
    if (button) body.append(button.name, button.value);
    return fetch(url, { method: "POST", body, redirect: "manual", credentials: "same-origin" });
  };

  /** Only the newest answer counts: an older one can come later. */
  async function describe() {
    asked += 1;
    const mine = asked;
    const response = await post(form.dataset.builder).catch(() => null);
    if (mine !== asked || !response?.ok) return;
    const words = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("preview-words");
    if (words) document.getElementById("preview-words").replaceWith(words);
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(describe, 400);
  });

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!own || !button || !/^(add|remove|rule|preview)/.test(button.value)) return;
    event.preventDefault();
    change(button);
  });
  async function change(button) {
    clearTimeout(timer);
    asked += 1;
    const url = new URL(button.formAction || form.action, location.href);
    const response = await post(url, button).catch(() => null);
    const text = response?.ok ? await response.text() : "";
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("builder");
    if (!fresh) {
      // Signed out, or not reachable: the browser goes there itself, and shows why.
      own = false;
      return form.requestSubmit(button);
    }
    form.replaceChildren(...fresh.childNodes);
    const target = document.getElementById(url.hash.slice(1));
    target?.scrollIntoView({ block: "nearest" });
    const field = target?.querySelector("input:not([type=hidden]), textarea, select") ?? target;
    field?.focus?.({ preventScroll: true });
  }
})();
