import { readBody } from "../edge/body-cap.ts";
import { LIMITS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";

/** What a form of ours posted: every field is text, and may be there more than once. */
export class DashboardForm {
  readonly #fields: URLSearchParams;

  constructor(fields: URLSearchParams = new URLSearchParams()) {
    this.#fields = fields;
  }

  /** The field without spaces around it; "" when it is missing. */
  text(name: string): string {
    return this.raw(name).trim();
  }

  /** As it was typed: for passwords. */
  raw(name: string): string {
    return this.#fields.get(name) ?? "";
  }

  /** Undefined where nothing was filled in: for what may be left out. */
  optional(name: string): string | undefined {
    return this.text(name) || undefined;
  }

  /** Every value of a field that is there more than once, without the empty ones. */
  all(name: string): readonly string[] {
    return this.#fields
      .getAll(name)
      .map((value) => value.trim())
      .filter((value) => value !== "");
  }

  /** A list typed into one field, divided by commas or lines. */
  list(name: string): readonly string[] {
    return this.text(name)
      .split(/[\n,]/)
      .map((value) => value.trim())
      .filter((value) => value !== "");
  }

  checked(name: string): boolean {
    return this.#fields.has(name);
  }

  /**
   * A number where the text is one, otherwise the text itself, so that the operation's own schema says what is wrong with
   * it; undefined where nothing was filled in.
   */
  number(name: string): number | string | undefined {
    const text = this.text(name);
    if (text === "") return undefined;
    return /^-?\d{1,15}(\.\d{1,20})?$/.test(text) ? Number(text) : text;
  }

  /** Every name, in the order of the form: for forms that grow. */
  names(): readonly string[] {
    return [...new Set(this.#fields.keys())];
  }

  get fields(): URLSearchParams {
    return this.#fields;
  }
}

/** Reads a posted form, capped while it streams. Browsers send line breaks as two characters; here they are one. */
export async function readForm(request: Request): Promise<Result<DashboardForm, string>> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return err("This address takes the form that its page shows.");
  const body = await readBody(request, LIMITS.dashboardFormBytes);
  if (!body.ok) {
    return err(
      body.error.kind === "body_too_large"
        ? `The form is too large: it holds at most ${LIMITS.dashboardFormBytes} bytes.`
        : "The form did not arrive as the page sent it. Open the page again.",
    );
  }
  const fields = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(body.value)) fields.append(name, value.replaceAll("\r\n", "\n"));
  return ok(new DashboardForm(fields));
}
