/** The list of events of a webhook, as boxes to tick. Pure. */

export const EVERYTHING = "*";

export interface EventGroup {
  /** `transaction` */
  readonly name: string;
  /** The filter for all of the group, also of types to come: `transaction.*` */
  readonly filter: string;
  readonly types: readonly { readonly type: string; readonly description: string }[];
}

/** Types by their first word, in the order of the catalogue. The test event is sent whatever an endpoint listens to. */
export function eventGroups(
  catalogue: readonly { readonly type: string; readonly description: string }[],
): readonly EventGroup[] {
  const groups = new Map<string, { type: string; description: string }[]>();
  for (const { type, description } of catalogue) {
    if (type === "webhook.test") continue;
    const name = type.split(".")[0]!;
    const types = groups.get(name) ?? [];
    types.push({ type, description });
    groups.set(name, types);
  }
  return [...groups].map(([name, types]) => ({ name, filter: `${name}.*`, types }));
}

/** Filters that have no box: they came through the API (`mandate.budget.*`), and an edit must not lose them. */
export function otherFilters(groups: readonly EventGroup[], filters: readonly string[]): readonly string[] {
  const boxes = new Set(groups.flatMap(({ filter, types }) => [filter, ...types.map(({ type }) => type)]));
  return filters.filter((one) => one !== EVERYTHING && !boxes.has(one));
}

/**
 * What was ticked, as the operation takes it. A type that its ticked group holds already is left out, for the list is
 * bounded; the order is that of the form.
 */
export function chosenFilters(scope: string, ticked: readonly string[]): readonly string[] {
  if (scope === "all") return [EVERYTHING];
  const given = [...new Set(ticked)];
  const groups = given.filter((one) => one.endsWith(".*"));
  return given.filter((one) => !groups.some((group) => group !== one && one.startsWith(group.slice(0, -1))));
}
