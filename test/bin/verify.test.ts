import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/canonical-json.ts";
import { bodyDigest } from "../../src/organization/event-log.ts";
import { checkpointOf, type Event, exportOf, newLog, newSigner, ORGANIZATION } from "../support/signed-log.ts";

/** The verifier as an auditor runs it: a process of its own, with files. */

const BIN = resolve(import.meta.dirname, "../../bin/quetra.mjs");
const folder = mkdtempSync(join(tmpdir(), "quetra-verify-"));
let files = 0;
function file(text: string): string {
  files += 1;
  const path = join(folder, `f${files}`);
  writeFileSync(path, text);
  return path;
}

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: "utf8" });
  return { status, text: stdout + stderr };
}
const invalid = (what: RegExp | string, text: string, ...more: string[]) => {
  const result = run("verify", file(text), "--jwks", jwks, ...more);
  expect(result.text).toMatch(what);
  expect(result).toMatchObject({ status: 1 });
  expect(result.text).toMatch(/^INVALID/);
};
const valid = (text: string, ...more: string[]) => {
  const result = run("verify", file(text), "--jwks", jwks, ...more);
  expect(result.text).toMatch(/^VALID/);
  expect(result.status).toBe(0);
  return result.text;
};

const signer = newSigner();
const jwks = file(JSON.stringify({ keys: [signer.jwk] }));
const log = newLog(30);
const good = exportOf(signer, log);
const lines = good.trimEnd().split("\n");
const joined = (some: readonly string[]) => `${some.join("\n")}\n`;
/** The export with one event changed, and signed anew by nobody. */
const withRow = (seq: number, change: (row: Event) => object) =>
  joined(lines.with(seq, JSON.stringify(change(log[seq - 1]!))));

describe("quetra verify", () => {
  it("accepts what the service wrote, and says how much that shows", () => {
    expect(valid(good)).toContain(`30 events, seq 1 to 30, of ${ORGANIZATION}`);
    const alone = run("verify", file(good));
    expect(alone).toMatchObject({ status: 0 });
    expect(alone.text).toContain("not who wrote it");
    expect(valid(exportOf(signer, []))).toContain("0 events");
  });

  it.each<[string, RegExp, string]>([
    ["a changed body", /seq 7: the body was changed/, withRow(7, (row) => ({ ...row, body: `${row.body} ` }))],
    [
      "a changed body with its digest",
      /seq 7: changed/,
      withRow(7, (row) => ({ ...row, body: "{}", digest: bodyDigest(row.salt!, "{}") })),
    ],
    ["a changed type", /seq 7: changed/, withRow(7, (row) => ({ ...row, type: "transaction.voided" }))],
    ["a changed instant", /seq 7: changed/, withRow(7, (row) => ({ ...row, at: row.at + 1 }))],
    ["a changed id", /seq 7: changed/, withRow(7, (row) => ({ ...row, id: "evt_1" }))],
    ["a body that is gone", /seq 7: the body is gone/, withRow(7, (row) => ({ ...row, salt: null, body: null }))],
    ["half a body", /half a body/, withRow(7, (row) => ({ ...row, salt: null }))],
    ["fields that change places", /is no event/, withRow(7, (row) => ({ ...row, id: `${row.id}\n${row.type}` }))],
    ["a member more", /exact form/, withRow(7, (row) => ({ ...row, subject: "txn_1" }))],
    ["a missing row", /seq 7: missing/, joined(lines.toSpliced(7, 1))],
    ["several missing rows", /seq 7 to 9: missing/, joined(lines.toSpliced(7, 3))],
    ["a row twice", /seq 7: it stands here again/, joined(lines.toSpliced(8, 0, lines[7]!))],
    ["two rows exchanged", /seq 7: missing/, joined(lines.with(7, lines[8]!).with(8, lines[7]!))],
    ["a tail that is cut", /another seq \(30\)/, joined(lines.toSpliced(28, 3))],
    ["no last line", /has no last line/, joined(lines.slice(0, -1))],
    ["no line feed at the end", /does not end/, good.slice(0, -1)],
    ["no header", /outside of a page/, joined(lines.slice(1))],
    ["an empty line", /not a JSON object/, good.replace("\n", "\n\n")],
    ["white space", /exact form/, good.replace('"seq":7,', '"seq": 7,')],
    ["another escape", /exact form/, good.replace('"id":"evt', '"id":"\\u0065vt')],
    ["a byte order mark", /not a JSON object/, `\uFEFF${good}`],
    ["carriage returns", /exact form|not a JSON/, good.replaceAll("\n", "\r\n")],
    ["nothing", /is empty/, ""],
  ])("finds %s", (_name, what, text) => invalid(what, text));

  it("finds what a page says of itself wrongly", () => {
    invalid(/another exported_at/, good.replace(/"exported_at":"2026/, '"exported_at":"2025'));
    invalid(/of another organization|another iss/, good.replace(ORGANIZATION, ORGANIZATION.replace("Q", "R")));
    invalid(/does not begin at its beginning/, good.replace(`"prev_hash":"0`, `"prev_hash":"1`));
  });

  it("finds a forged log: whole, consistent, and signed with another key", () => {
    const forger = newSigner();
    const forged = exportOf(forger, log);
    expect(run("verify", file(forged)).status).toBe(0);
    invalid(/unknown key/, forged);
  });

  it("finds a signature that is not the key's, and one of another kind", () => {
    const trailer = JSON.parse(lines.at(-1)!);
    const swap = (more: object) => joined(lines.with(-1, JSON.stringify({ ...trailer, ...more })));
    invalid(/does not verify/, swap({ export: trailer.export.slice(0, -8).concat("AAAAAAAA".slice(0, 7), "A") }));
    invalid(/has not the header/, swap({ export: trailer.checkpoint }));
    invalid(/is not signed/, swap({ export: null }));
    // The last character of a signature has bits that nothing decodes.
    const last = trailer.export.at(-1)!;
    const twin = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_").find(
      (one) => one !== last && Buffer.from(`A${one}`, "base64url").equals(Buffer.from(`A${last}`, "base64url")),
    )!;
    invalid(/is not a JWS/, swap({ export: trailer.export.slice(0, -1) + twin }));
    invalid(/is that of another organization/, swap({ checkpoint: checkpointOf(signer, log[29]!, "org_other") }));
    invalid(/does not lead through/, swap({ checkpoint: checkpointOf(signer, { seq: 12, hash: log[12]!.hash }) }));
  });

  it("finds a tail that was cut against the head that the page or an auditor has signed", () => {
    const cut = exportOf(signer, log.slice(0, 20), { head: log[29]! });
    invalid(/the end is missing.*signed at seq 30, the file ends at seq 20/, cut);
    expect(valid(cut, "--part")).toContain("note: the end is missing");
    const resigned = exportOf(signer, log.slice(0, 20));
    valid(resigned);
    const kept = file(checkpointOf(signer, log[29]!));
    invalid(/the end is missing: the kept head/, resigned, "--head", kept);
    invalid(/the end is missing: the kept head/, resigned, "--part", "--head", kept);
    valid(good, "--head", kept);
  });

  it("finds a history that was written anew, by a head that was kept as the API gave it", () => {
    const other = exportOf(signer, newLog(30, [], [], "another"));
    const kept = { checkpoint: { seq: 12, jws: checkpointOf(signer, log[11]!) } };
    valid(good, "--head", file(JSON.stringify(kept)));
    valid(other);
    invalid(/seq 12: the log does not lead through the kept head/, other, "--head", file(JSON.stringify(kept)));
  });

  it("takes pages one after another, in one file or several", () => {
    const [one, two] = [
      exportOf(signer, log.slice(0, 10), { head: log[29]! }),
      exportOf(signer, log.slice(10), { prev: log[9]! }),
    ];
    expect(valid(one + two)).toContain("30 events, seq 1 to 30");
    const [first, second] = [file(one), file(two)];
    expect(run("verify", first, second, "--jwks", jwks).status).toBe(0);
    expect(run("verify", second, first, "--jwks", jwks)).toMatchObject({ status: 1 });
    expect(run("verify", first, first, "--jwks", jwks)).toMatchObject({ status: 1 });
    invalid(/the log begins at seq 11/, two);
    valid(two, "--part");
    valid(two, "--head", file(checkpointOf(signer, log[9]!)));
    invalid(
      /does not lead through the kept head/,
      two,
      "--head",
      file(checkpointOf(signer, { seq: 10, hash: log[8]!.hash })),
    );
    invalid(/of another organization/, one + exportOf(signer, log.slice(10), { prev: log[9]!, iss: "org_other" }));
  });

  it("says what was erased and by which event, and finds what no event names", () => {
    const text = valid(exportOf(signer, newLog(12, [4, 5])));
    expect(text).toContain("2 bodies were erased");
    expect(text).toContain("seq 4, transaction.completed, by the event seq 12");
    invalid(/seq 5: the body is gone, and no audit\.erased event/, exportOf(signer, newLog(12, [4, 5], [4])));
    const quiet = newLog(12, [4, 5], [4]);
    const head = quiet[11]!;
    const behind = exportOf(signer, quiet.slice(0, 11), { head });
    expect(valid(behind, "--part")).toContain("note: seq 5: the body is gone");
    invalid(/finding: seq 5: the body is gone/, behind);
    // Nothing is signed behind this run, so nothing behind it can name the row.
    for (const run of [quiet, quiet.slice(0, 11)])
      invalid(/finding: seq 5: the body is gone/, exportOf(signer, run), "--part");
    const tail = exportOf(signer, quiet.slice(3), { prev: quiet[2]!, head });
    invalid(/finding: seq 5: the body is gone/, tail, "--part");
    expect(valid(exportOf(signer, newLog(12, [], [4])))).toContain("note: seq 4 was erased later (by seq 12)");
  });

  it("writes nothing to the terminal that could deceive whoever reads it", () => {
    const forger = newSigner();
    const hostile = exportOf(forger, log, { iss: "org_\u001b[2J\u202edilav\u0007" });
    const { text } = run("verify", file(hostile), "--jwks", jwks);
    expect(text).toContain("org_?[2J?dilav?");
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{C}/u);
  });

  it("answers 2 where it is used wrongly", () => {
    for (const args of [
      [],
      ["frob"],
      ["verify"],
      ["verify", "/no/such/file"],
      ["verify", file(good), "--frob"],
      ["verify", file(good), "--jwks", file("{}")],
      ["verify", file(good), "--jwks", "http://keys.example/jwks.json"],
      ["verify-receipt", file("x")],
    ]) {
      expect([args, run(...args).status]).toEqual([args, 2]);
    }
    expect(run("--help").status).toBe(0);
  });
});

describe("quetra verify-receipt and verify-mandate", () => {
  const terms = { agent_id: "agt_1", budgets: [{ limit: 100 }], rules: [{ type: "max_amount", limit: 10 }] };
  const hash = (value: object) => bodyDigest("", canonicalJson(value));
  const claims = {
    iss: ORGANIZATION,
    mandate_id: "mdt_1",
    agent_id: "agt_1",
    version: 2,
    terms_hash: hash(terms),
    terms,
  };
  const shown = { id: "mdt_1", agent_id: "agt_1", version: 2, hash: hash(terms), terms };
  const mandate = (signed: object) => signer.sign("quetra-mandate+jwt", signed);
  const check = (kind: string, text: string) => run(kind, file(text), "--jwks", jwks);

  it("verify a receipt with the key alone", () => {
    const payload = { iss: ORGANIZATION, transaction_id: "txn_1", amount: "1", status: "completed" };
    const receipt = signer.sign("quetra-receipt+jwt", payload);
    const answer = { receipt, payload, kid: signer.kid };
    expect(check("verify-receipt", receipt)).toMatchObject({ status: 0 });
    expect(check("verify-receipt", JSON.stringify(answer)).text).toContain('"transaction_id": "txn_1"');
    for (const forged of [
      JSON.stringify({ ...answer, payload: { ...payload, amount: "2" } }),
      JSON.stringify({ ...answer, kid: "x" }),
      newSigner().sign("quetra-receipt+jwt", payload),
      mandate(claims),
      `${receipt}x`,
      "",
    ]) {
      expect(check("verify-receipt", forged)).toMatchObject({ status: 1 });
    }
  });

  it("verify a mandate by computing its hash: emptied rules, other ids and a raised limit are found", () => {
    expect(check("verify-mandate", mandate(claims))).toMatchObject({ status: 0 });
    const answer = { ...shown, signature: mandate(claims) };
    expect(check("verify-mandate", JSON.stringify(answer))).toMatchObject({ status: 0 });
    for (const change of [
      { terms: { ...terms, rules: [] } },
      { terms: { ...terms, budgets: [{ limit: 1000 }] } },
      { version: 3 },
      { id: "mdt_2" },
      { agent_id: "agt_2" },
      { hash: hash({}) },
    ]) {
      expect([change, check("verify-mandate", JSON.stringify({ ...answer, ...change })).status]).toEqual([change, 1]);
    }
    expect(check("verify-mandate", mandate({ ...claims, terms: { ...terms, rules: [] } })).text).toContain("the hash");
    expect(check("verify-mandate", mandate({ ...claims, agent_id: "agt_2" })).text).toContain("another agent");
  });
});
