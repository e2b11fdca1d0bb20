/** RFC 6901. Long keys are cut: they come from the input, and a message is no place for them. */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).slice(0, 64).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
