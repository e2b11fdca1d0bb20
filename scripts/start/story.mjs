/** Collects what has happened, in any order, and tells it in the order of time. */

/**
 * Steps may name earlier ones: `@buy-3.transaction_id` becomes the reference that the service understands once it is
 * known which step that is.
 */
export class Story {
  #steps = [];

  /**
   * @param {number} at ms
   * @param {{ person_id: string, role: string } | { key: string }} by
   * @param {string} operation
   * @param {object} given `params`, `query`, `body`, `if_match`.
   * @param {string} [name] What later steps call it.
   */
  add(at, by, operation, given = {}, name = undefined) {
    this.#steps.push({ at, by, operation, given, name });
    return name;
  }

  /** @returns {{ steps: object[], places: Map<string, number> }} `places`: the number of each step that has a name. */
  tell() {
    const told = this.#steps.toSorted((a, b) => a.at - b.at);
    const places = new Map(told.flatMap(({ name }, place) => (name === undefined ? [] : [[name, place]])));
    const steps = told.map(({ at, by, operation, given }) => ({
      at: new Date(at).toISOString(),
      by: withPlaces(by, places),
      operation,
      ...withPlaces(given, places),
    }));
    return { steps, places };
  }
}

function withPlaces(value, places) {
  if (typeof value === "string") {
    return value.replace(/^@([\w-]+)(?=\.)/, (_, name) => {
      if (!places.has(name)) throw new Error(`The story has no step ${name}.`);
      return `$${places.get(name)}`;
    });
  }
  if (Array.isArray(value)) return value.map((item) => withPlaces(item, places));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withPlaces(item, places)]));
}

/** A generator of numbers in [0, 1) that are the same in every run. */
export function numbersFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
