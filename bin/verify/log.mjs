import { isRecord, json } from "./canonical.mjs";
import { KeySet, verifyJws } from "./jws.mjs";
import { digestOf, linkOf, readLine } from "./line.mjs";

const GENESIS = "0".repeat(64);

/**
 * Verifies an exported log: any number of pages, in one file or several.
 *
 * `trusted`: keys that were obtained elsewhere; without them the keys of the file itself are used, and the result shows
 * only that the file is consistent. `kept`: signed heads of earlier (JWS). `part`: a run that does not begin or end with
 * the log is accepted.
 */
export class LogVerifier {
  findings = [];
  notes = [];
  organization = null;
  events = 0;
  first = null;
  signatures = 0;
  kids = new Set();
  erased = [];
  #trusted;
  #own = new KeySet();
  #kept;
  #part;
  #last = null;
  #hashes = new Map();
  #page = null;
  /** Links that somebody signed: the log must lead through each of them. */
  #anchors = [];
  #named = new Map();
  #present = new Map();

  constructor({ trusted = null, kept = [], part = false } = {}) {
    this.#trusted = trusted;
    this.#kept = kept;
    this.#part = part;
  }

  /** @param bytes One file. */
  read(bytes, name) {
    let number = 0;
    for (let from = 0; from < bytes.length; ) {
      number += 1;
      const end = bytes.indexOf(10, from);
      const where = `${name}, line ${number}`;
      if (end < 0) this.#find(`${where}: the file is cut: its last line does not end`);
      this.#line(readLine(bytes.subarray(from, end < 0 ? bytes.length : end)), where);
      from = end < 0 ? bytes.length : end + 1;
    }
    if (bytes.length === 0) this.#find(`${name} is empty`);
  }

  /** After the last file. */
  finish() {
    if (this.#page !== null) this.#find("the last page has no last line: the file is cut");
    if (this.organization === null) this.#find("there is no page of an export");
    this.#checkKept();
    this.#checkAnchors();
    this.#checkErased();
    if (this.#trusted !== null) this.findings.push(...this.#trusted.problems);
    return this.findings.length === 0;
  }

  get last() {
    return this.#last?.seq ?? null;
  }

  #line(line, where) {
    if (line.kind === "bad") this.#find(`${where} ${line.problem}`);
    else if (line.kind === "header") this.#header(line.value, where);
    else if (this.#page === null) this.#find(`${where} stands outside of a page`);
    else if (line.kind === "event") this.#event(line.value);
    else this.#trailer(line.value, where);
  }

  #header(header, where) {
    if (this.#page !== null) this.#find(`${where}: the page before has no last line`);
    this.#page = header;
    this.organization ??= header.organization_id;
    if (header.organization_id !== this.organization) {
      this.#find(`${where}: a page of another organization, ${header.organization_id}`);
    }
    const { after_seq, prev_hash } = header;
    if (this.#last === null) {
      this.#last = { seq: after_seq, hash: prev_hash };
      this.#hashes.set(after_seq, prev_hash);
      this.first = after_seq + 1;
      if (after_seq === 0 && prev_hash !== GENESIS) this.#find(`${where}: the log does not begin at its beginning`);
    } else if (after_seq !== this.#last.seq || prev_hash !== this.#last.hash) {
      this.#find(`${where}: the page begins after seq ${after_seq}, the one before ended at seq ${this.#last.seq}`);
    }
  }

  #event(row) {
    const { seq, hash, id, type, body } = row;
    const expected = this.#last.seq + 1;
    if (seq < expected) {
      this.#find(`seq ${seq}: it stands here again, or out of its order`);
      return;
    }
    if (seq > expected) this.#find(`seq ${expected}${seq - expected > 1 ? ` to ${seq - 1}` : ""}: missing`);
    else if (linkOf(this.#last.hash, row) !== hash) {
      this.#find(`seq ${seq}: changed, or what precedes it: the link does not fit`);
    }
    if (body === null) this.erased.push({ seq, id, type });
    else {
      this.#present.set(seq, id);
      if (digestOf(row) !== row.digest) this.#find(`seq ${seq}: the body was changed`);
      if (type === "audit.erased") this.#erasure(row);
    }
    // What follows is judged by what this row claims, so that one damage is one finding.
    this.#last = { seq, hash };
    this.#hashes.set(seq, hash);
    this.events += 1;
  }

  #erasure({ seq, body }) {
    const { data } = json(body) ?? {};
    for (const one of isRecord(data) && Array.isArray(data.erased) ? data.erased : []) {
      if (isRecord(one) && one.seq < seq) this.#named.set(one.seq, { ...one, by: seq });
    }
  }

  #trailer({ checkpoint, export: statement, jwks }, where) {
    const page = this.#page;
    this.#page = null;
    const own = new KeySet().add(jwks);
    for (const problem of own.problems) this.#find(`${where}: ${problem}`);
    this.#own.add(jwks);
    if (statement === null) this.#find(`${where}: the page is not signed, so nothing shows who wrote it`);
    else this.#statement(statement, page, where);
    if (checkpoint !== null) this.#anchor(checkpoint, `${where}: the checkpoint`);
  }

  /** The page as a whole: every member of its header, and its last link, must be what was signed. */
  #statement(jws, page, where) {
    const signed = this.#verify(jws, "quetra-export+jwt", `${where}: the signature of the page`);
    if (signed === null) return;
    const { organization_id, after_seq, prev_hash, exported_at } = page;
    const { seq, hash } = this.#last;
    const here = { iss: organization_id, after_seq, prev_hash, exported_at, seq, hash };
    for (const [name, value] of Object.entries(here)) {
      if (signed[name] !== value) this.#find(`${where}: the page was signed with another ${name} (${signed[name]})`);
    }
    this.#anchors.push({ seq: signed.head_seq, hash: signed.head_hash, what: "the head at the export" });
  }

  #anchor(jws, what, kept = false) {
    const signed = this.#verify(jws, "quetra-checkpoint+jwt", what);
    if (signed === null) return;
    if (signed.iss !== this.organization) this.#find(`${what} is that of another organization`);
    this.#anchors.push({ seq: signed.seq, hash: signed.hash, what, kept });
  }

  #verify(jws, typ, what) {
    const { payload, kid, problem } = verifyJws(jws, typ, this.#trusted ?? this.#own);
    if (problem !== undefined) {
      this.#find(`${what} ${problem}`);
      return null;
    }
    this.signatures += 1;
    this.kids.add(kid);
    return payload;
  }

  #checkKept() {
    for (const jws of this.#kept) this.#anchor(jws, "the kept head", true);
    if (this.first === null || this.first === 1 || this.#part) return;
    const before = this.first - 1;
    if (!this.#anchors.some(({ kept, seq }) => kept && seq === before)) {
      this.#find(
        `the log begins at seq ${this.first}: give the pages before it, --head with a checkpoint of seq ${before}, or --part`,
      );
    }
  }

  #checkAnchors() {
    for (const { seq, hash, what, kept } of this.#anchors) {
      const here = this.#hashes.get(seq);
      if (here !== undefined && here !== hash) this.#find(`seq ${seq}: the log does not lead through ${what}`);
      else if (this.#last !== null && seq > this.#last.seq) {
        const text = `the end is missing: ${what} is signed at seq ${seq}, the file ends at seq ${this.#last.seq}`;
        if (this.#part && !kept) this.#note(text);
        else this.#find(text);
      } else if (kept && here === undefined) this.#note(`${what}, seq ${seq}, lies before this run`);
    }
  }

  #checkErased() {
    // What erased a body can lie behind this run only if there is something behind it, as far as anybody has signed.
    const more = this.#last !== null && this.#anchors.some(({ seq }) => seq > this.#last.seq);
    for (const row of this.erased) {
      const named = this.#named.get(row.seq);
      row.by = named?.by ?? null;
      if (named !== undefined && named.id === row.id && named.type === row.type) continue;
      const text = `seq ${row.seq}: the body is gone, and no audit.erased event in this file names it`;
      if (this.#part && more) this.#note(text);
      else this.#find(text);
    }
    for (const [seq, { by }] of this.#named) {
      if (this.#present.has(seq))
        this.#note(`seq ${seq} was erased later (by seq ${by}); this copy still has its body`);
    }
  }

  #find = (text) => void (this.findings.includes(text) || this.findings.push(text));
  #note = (text) => void (this.notes.includes(text) || this.notes.push(text));
}
