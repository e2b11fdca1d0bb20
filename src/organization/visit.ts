import type { ApprovalVisit, VisitAnswer } from "../approvals/visit.ts";
import { LIMITS } from "../limits.ts";
import { approvalPage, closedPage } from "./approval-sheet.ts";
import { purchaseOf } from "./approval-view.ts";
import { type ApprovalRow, decideApproval, findApproval } from "./approvals.ts";
import { type Allowance, allowanceOf, byCaller } from "./callers.ts";
import type { MandateCache } from "./judge.ts";
import { linkEndpointIsGood } from "./link-endpoint.ts";
import { personPrincipal } from "./person.ts";
import { identify } from "./principal.ts";
import { Problem } from "./problem.ts";
import type { By, Work } from "./work.ts";

/** What a visit needs of the object it happens in. */
export interface VisitDesk {
  readonly transact: <T>(by: By, action: (work: Work) => T) => T;
  readonly cache: MandateCache;
  /** Takes one token of a bucket; answers the milliseconds until there is one, 0 = taken. */
  readonly take: (bucket: string, perMinute: number) => number;
}

/**
 * A person looks at an approval, or decides it. To look writes nothing. A decision is one transaction, which reads
 * visitor, approval, terms and mandate anew; where it is refused nothing is decided, and the person is shown why
 * together with what stands now.
 */
export function visitApproval(desk: VisitDesk, visit: ApprovalVisit): VisitAnswer {
  const { decision, approval_id } = visit;
  const by = visitorAs(visit);
  const look = (stopped: { code: string; message: string } | null) => (work: Work) => {
    const approval = findApproval(work, approval_id);
    if (approval === undefined || !mayEnter(work, visit, approval)) return REFUSED;
    // A decision that was refused has paid for its visit already.
    const wait = stopped === null ? throttled(desk, visit) : null;
    return wait ?? approvalPage(work, desk.cache, approval, stopped);
  };
  if (decision === null) return desk.transact(by, look(null));
  try {
    return desk.transact(by, (work) => {
      const approval = findApproval(work, approval_id);
      if (approval === undefined || !mayEnter(work, visit, approval)) return REFUSED;
      const wait = throttled(desk, visit);
      if (wait !== null) return wait;
      if (!mayDecide(visit)) {
        throw new Problem(403, "wrong_role", "Your role in this organization does not decide purchases.");
      }
      const { verdict, note, terms } = decision;
      const decided = decideApproval(work, desk.cache, approval_id, verdict, note, terms);
      return closedPage(work, decided, purchaseOf(work, decided), true);
    });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return desk.transact(by, look({ code: error.code, message: error.message }));
  }
}

const REFUSED = { state: "refused" } as const;

/** A link works while its endpoint may send links; a key while it is an approver's. Every member may look. */
function mayEnter(work: Work, { visitor }: ApprovalVisit, { requested_at }: ApprovalRow): boolean {
  switch (visitor.by) {
    case "link":
      return linkEndpointIsGood(work, visitor.endpoint_id, requested_at);
    case "key": {
      const identity = identify(work.sql, visitor.caller, work.now);
      return identity.ok && identity.principal.role === "approve";
    }
    case "person":
      return personPrincipal(visitor.caller) !== null;
  }
}

/** Whoever comes in by link or key may. */
const mayDecide = ({ visitor }: ApprovalVisit): boolean =>
  visitor.by !== "person" || personPrincipal(visitor.caller)?.roles.has("approve") === true;

function throttled(desk: VisitDesk, visit: ApprovalVisit): VisitAnswer | null {
  const { bucket, perMinute } = allowance(visit);
  const wait = desk.take(bucket, perMinute);
  return wait === 0 ? null : { state: "throttled", retry_after_seconds: Math.ceil(wait / 1000) };
}

/** One bucket per link, so that a link which got around cannot keep the organization busy; else as everywhere. */
const allowance = ({ visitor, approval_id }: ApprovalVisit): Allowance =>
  visitor.by === "link"
    ? { bucket: `link:${visitor.endpoint_id}:${approval_id}`, perMinute: LIMITS.approvalLinkVisitsPerMinute }
    : allowanceOf(visitor.caller);

/** In whose name it is recorded: the key, the person, or the endpoint that the link was sent to. */
function visitorAs({ visitor }: ApprovalVisit): By {
  if (visitor.by !== "link") return byCaller(visitor.caller);
  const { endpoint_id, request_id, country } = visitor;
  return { actor: { type: "link", id: endpoint_id }, keyId: null, requestId: request_id, country };
}
