import { PUBLIC_TYPES } from "./catalogue.ts";

/** What stands in an endpoint's `events`: a type, the beginning of some (`transaction.*`), or everything (`*`). */
export function isFilter(text: string): boolean {
  return PUBLIC_TYPES.some((type) => matches(text, type));
}

/** Does an endpoint with these filters want this type? */
export const wants = (filters: readonly string[], type: string): boolean =>
  filters.some((filter) => matches(filter, type));

function matches(filter: string, type: string): boolean {
  if (filter === "*" || filter === type) return true;
  return filter.endsWith(".*") && type.startsWith(filter.slice(0, -1));
}
