/** A request that gets no session as its answer: an error of the protocol, thrown. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   * @param {string} [param] JSONPath
   * @param {{ type?: string, headers?: Record<string, string>, supported?: string[] }} [more]
   */
  constructor(status, code, message, param, { type = "invalid_request", headers = {}, supported } = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
    this.body = {
      type,
      code,
      message,
      ...(param === undefined ? {} : { param }),
      ...(supported === undefined ? {} : { supported_versions: supported }),
    };
  }
}
