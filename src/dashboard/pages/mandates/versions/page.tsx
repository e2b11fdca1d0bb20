import { organizationPage } from "../../../answer.tsx";
import type { AnswerOf } from "../../../api.ts";
import type { OrganizationVisit } from "../../../route.ts";
import { By } from "../../../ui/by.tsx";
import { Input, Select } from "../../../ui/form.tsx";
import { Badge, Card, Copyable, PageHead, Pager, Table, type Tone, When } from "../../../ui/parts.tsx";
import { countWords, plain } from "../../../ui/words.ts";
import { type Names, namesOf } from "../../transactions/names.ts";
import { termsOf } from "../shown.tsx";
import { type Change, termsChanges } from "./diff.ts";

type Version = AnswerOf<"listMandateVersions">["data"][number];

/** Every version of a mandate, and what differs between two of them: the newest two, or those that are chosen. */
export async function versionsPage(visit: OrganizationVisit): Promise<Response> {
  const { api, base, params, url } = visit;
  const mandate_id = params.mandate_id ?? "";
  const mandate = await api.get("getMandate", { params: { mandate_id } });
  const { data, next_cursor } = await api.get("listMandateVersions", {
    params: { mandate_id },
    query: { cursor: url.searchParams.get("cursor") ?? undefined },
  });
  const chosen = (name: string, otherwise: number) => {
    const text = url.searchParams.get(name) ?? "";
    const version = /^\d{1,4}$/.test(text) ? Number(text) : otherwise;
    return Math.max(1, Math.min(mandate.version, version));
  };
  const to = chosen("to", mandate.version);
  const from = chosen("from", Math.max(1, to - 1));
  const [before, after] = await Promise.all([
    oneVersion(visit, mandate_id, from, data),
    oneVersion(visit, mandate_id, to, data),
  ]);
  const names = await namesOf(visit, data.map(authorOf));
  return organizationPage(
    visit,
    { title: "Versions", section: "mandates" },
    <>
      <PageHead
        title="Versions"
        lead="Every change of the terms is kept. A transaction remembers the version that judged it."
        back={{ href: `${base}/mandates/${mandate_id}`, label: plain(termsOf(mandate).name) }}
      />
      {mandate.version === 1 ? null : (
        <Card title="What changed" id="changes">
          <form method="get" action={`${base}/mandates/${mandate_id}/versions`} class="filters">
            <VersionChoice name="from" label="From version" value={from} newest={mandate.version} />
            <VersionChoice name="to" label="To version" value={to} newest={mandate.version} />
            <button type="submit" class="button plain">
              Compare
            </button>
          </form>
          <Changes changes={termsChanges(termsOf(before), termsOf(after))} from={from} to={to} />
        </Card>
      )}
      <Versions visit={visit} versions={data} names={names} />
      <Pager url={url} next={next_cursor} />
    </>,
  );
}

/** A list to choose from, as long as it is short enough to be one. */
const VersionChoice = ({
  name,
  label,
  value,
  newest,
}: {
  readonly name: string;
  readonly label: string;
  readonly value: number;
  readonly newest: number;
}) =>
  newest > LIST_MAX ? (
    <Input name={name} label={label} value={value} inputmode="numeric" maxlength={4} />
  ) : (
    <Select
      name={name}
      label={label}
      value={String(value)}
      choices={Array.from({ length: newest }, (_, index) => String(newest - index)).map((one) => ({
        value: one,
        label: one,
      }))}
    />
  );
const LIST_MAX = 50;

/** From the page that is at hand, or read by a cursor that begins right behind it. */
async function oneVersion(
  { api }: OrganizationVisit,
  mandate_id: string,
  version: number,
  page: readonly Version[],
): Promise<Version> {
  const known = page.find((one) => one.version === version);
  if (known !== undefined) return known;
  let cursor: string | undefined;
  for (;;) {
    const { data, next_cursor } = await api.get("listMandateVersions", {
      params: { mandate_id },
      query: { limit: 100, cursor },
    });
    const found = data.find((one) => one.version === version);
    if (found !== undefined) return found;
    if (next_cursor === null) throw new Error("a version is missing");
    cursor = next_cursor;
  }
}

const TONES: Readonly<Record<Change["kind"], readonly [Tone, string]>> = {
  added: ["good", "New"],
  removed: ["bad", "Gone"],
  changed: ["warn", "Changed"],
  moved: ["quiet", "Moved"],
};

function Changes({
  changes,
  from,
  to,
}: {
  readonly changes: readonly Change[];
  readonly from: number;
  readonly to: number;
}) {
  if (changes.length === 0) return <p class="soft">{`Versions ${from} and ${to} say the same.`}</p>;
  return (
    <>
      <p>{`${countWords(changes.length, "difference")} between version ${from} and version ${to}.`}</p>
      <Table
        caption={`What differs between version ${from} and version ${to}`}
        columns={["What", `Version ${from}`, `Version ${to}`]}
      >
        {changes.map(({ kind, label, before, after }) => (
          <tr>
            <th scope="row" data-label="What">
              {label} <Badge tone={TONES[kind][0]}>{TONES[kind][1]}</Badge>
            </th>
            <td data-label={`Version ${from}`}>
              {before === null ? <span class="soft">Not there</span> : <bdi>{plain(before)}</bdi>}
            </td>
            <td data-label={`Version ${to}`}>
              {after === null ? <span class="soft">Not there</span> : <bdi>{plain(after)}</bdi>}
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function Versions({
  visit,
  versions,
  names,
}: {
  readonly visit: OrganizationVisit;
  readonly versions: readonly Version[];
  readonly names: Names;
}) {
  const { now, organization } = visit;
  return (
    <Card title="All versions" flush>
      <Table caption="Versions, newest first" columns={["Version", "Saved", "By", "Hash and signature"]}>
        {versions.map((version) => (
          <tr>
            <th scope="row" data-label="Version">
              {version.version}
            </th>
            <td data-label="Saved">
              <When at={version.created_at} now={now} timezone={organization.timezone} exact />
            </td>
            <td data-label="By">
              <By actor={authorOf(version)} names={names} />
            </td>
            <td data-label="Hash and signature">
              <details>
                <summary>{`${version.hash.slice(0, 12)}…, ${version.signature === null ? "not signed" : "signed"}`}</summary>
                <div class="stack proof">
                  <Copyable block text={version.hash} label="the hash" />
                  {version.signature === null ? null : (
                    <Copyable block text={version.signature} label="the signature" />
                  )}
                  <Copyable block text={JSON.stringify(version.terms, null, 2)} label="the terms" />
                </div>
              </details>
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}

/** `person:…`, `key:key_…`: see `writeVersion`. */
function authorOf({ created_by }: Version): Parameters<typeof By>[0]["actor"] {
  const at = created_by.indexOf(":");
  return { type: created_by.slice(0, at), id: created_by.slice(at + 1) } as Parameters<typeof By>[0]["actor"];
}
