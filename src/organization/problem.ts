/**
 * What a caller must change, thrown inside the object's transaction so that everything rolls back. The texts are shown
 * to callers: no secrets, no other organization's existence. Anything else that is thrown is a bug and shown as such.
 */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** Field errors (JSON pointer and sentence), or other members of the problem document. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, detail: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.extra = extra;
  }
}

/** Foreign, unknown and malformed ids all answer this, byte for byte. */
export const notFound = (what: string): Problem =>
  new Problem(404, "not_found", `No such ${what}. Check the id; ids are listed by the API.`);

export const badInput = (detail: string, errors?: readonly { path: string; message: string }[]): Problem =>
  new Problem(400, "invalid_request", detail, errors === undefined ? {} : { errors });

export const conflict = (code: string, detail: string, extra?: Readonly<Record<string, unknown>>): Problem =>
  new Problem(409, code, detail, extra);

/** `If-Match` names another version than the one that is there. */
export const versionMismatch = (what: string, versionNow: number): Problem =>
  new Problem(412, "version_mismatch", `The ${what} was changed meanwhile. Read it again and repeat the edit.`, {
    version_now: versionNow,
  });
