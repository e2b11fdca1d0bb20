/** What a browser without script would send of the builder's form on a page: every field as it stands there. */
export type PostedFields = Record<string, string[]>;

export function builderFields(html: string): PostedFields {
  const form = /<form[^>]*id="builder"[^>]*>([\s\S]*?)<\/form>/.exec(html)?.[1];
  if (form === undefined) throw new Error("There is no builder on this page.");
  const fields: PostedFields = {};
  const put = (name: string, value: string) => {
    fields[name] = [...(fields[name] ?? []), value];
  };
  const part = /<input\b([^>]*)>|<textarea\b([^>]*)>([\s\S]*?)<\/textarea>|<select\b([^>]*)>([\s\S]*?)<\/select>/g;
  for (const [, input, textarea, typed, select, options] of form.matchAll(part)) {
    if (input !== undefined) {
      const box = /\btype="(?:checkbox|radio)"/.test(input);
      if (!box || /\bchecked\b/.test(input)) put(attribute(input, "name"), attribute(input, "value"));
    } else if (textarea !== undefined) put(attribute(textarea, "name"), decoded(typed ?? ""));
    else put(attribute(select ?? "", "name"), chosen(options ?? ""));
  }
  delete fields.csrf;
  return fields;
}

/** The first option where none is selected, as browsers do. */
function chosen(options: string): string {
  const all = [...options.matchAll(/<option\b([^>]*)>/g)].map(([, attributes]) => attributes!);
  return attribute(all.find((one) => /\bselected\b/.test(one)) ?? all[0] ?? "", "value");
}

const attribute = (attributes: string, name: string): string =>
  decoded(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "");

const decoded = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
