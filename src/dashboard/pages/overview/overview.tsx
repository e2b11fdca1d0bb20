import { organizationPage } from "../../answer.tsx";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { PageHead } from "../../ui/parts.tsx";
import { OpenAlerts } from "./alerts.tsx";
import { Budgets } from "./budgets.tsx";
import { readOverview } from "./data.ts";
import { Figures } from "./figures.tsx";
import { FreezeSwitch } from "./freeze.tsx";
import { Latest } from "./latest.tsx";
import { Spending } from "./spending.tsx";
import { GetStarted } from "./start.tsx";
import { Waiting } from "./waiting.tsx";

export async function overview(visit: OrganizationVisit): Promise<Response> {
  const data = await readOverview(visit);
  const { frozen } = data.organization;
  // D1 may be a moment behind the switch; this page has just asked the organization itself.
  const current: OrganizationVisit = { ...visit, organization: { ...visit.organization, frozen } };
  const parts = { visit: current, data };
  // Nothing to look at yet: what leads there stands alone.
  const empty = data.agents.length === 0 && data.latest.length === 0;
  return organizationPage(
    current,
    { title: "Overview", section: "overview", live: data.statistics.as_of.seq, chart: !empty },
    <>
      <PageHead title="Overview">
        {mayManage(visit.organization) && (!empty || frozen) ? (
          <FreezeSwitch visit={current} frozen={frozen} />
        ) : undefined}
      </PageHead>
      <Waiting {...parts} />
      <GetStarted {...parts} />
      {empty ? null : (
        <>
          <Figures {...parts} />
          <div class="columns">
            <div>
              <Spending {...parts} />
              <OpenAlerts {...parts} />
            </div>
            <div>
              <Budgets {...parts} />
            </div>
          </div>
          <Latest {...parts} />
        </>
      )}
    </>,
  );
}
