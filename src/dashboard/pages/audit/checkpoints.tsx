import { organizationPage } from "../../answer.tsx";
import type { OrganizationVisit } from "../../route.ts";
import { Card, Copyable, Empty, PageHead, Pager, Table, When } from "../../ui/parts.tsx";

/** Every signature over the log, newest first: what to keep outside. */
export async function checkpointList(visit: OrganizationVisit): Promise<Response> {
  const { api, base, url, now, organization } = visit;
  const cursor = url.searchParams.get("cursor") ?? undefined;
  const { data, next_cursor } = await api.get("listCheckpoints", { query: { cursor } });
  return organizationPage(
    visit,
    { title: "Signatures", section: "audit" },
    <>
      <PageHead
        title="Signatures of the log"
        lead="Keep one of these outside of Quetra, in a mail or a safe: with --head the verifier shows later whether the log still leads through it."
        back={{ href: `${base}/audit`, label: "Audit" }}
      />
      <Card flush>
        {data.length === 0 ? (
          <Empty icon="chain" title="Nothing is signed yet">
            The log is signed every day, and whenever you ask for it on the page Audit.
          </Empty>
        ) : (
          <Table caption="Signatures of the log, newest first" columns={["Event", "Signed", "Key", "Signature"]}>
            {data.map(({ seq, at, kid, jws }) => (
              <tr>
                <th scope="row">
                  <a href={`${base}/audit/event?seq=${seq}`}>{`Event ${seq}`}</a>
                </th>
                <td data-label="Signed">
                  <When at={at} now={now} timezone={organization.timezone} exact />
                </td>
                <td data-label="Key">
                  <code>{kid.slice(0, 10)}…</code>
                </td>
                <td>
                  <details>
                    <summary>Show</summary>
                    <Copyable block text={jws} label={`the signature over event ${seq}`} />
                  </details>
                </td>
              </tr>
            ))}
          </Table>
        )}
        <Pager url={url} next={next_cursor} />
      </Card>
    </>,
  );
}
