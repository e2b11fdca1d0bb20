import { type DashboardRoute, EVERYONE, MANAGERS, type OrganizationVisit } from "../../route.ts";
import {
  editMandatePage,
  editMandatePost,
  newMandatePage,
  newMandatePost,
  previewFragment,
} from "./builder/handle.tsx";
import { mandateDetail } from "./detail.tsx";
import { mandateList } from "./list.tsx";
import { rehearsalPage, setShadow } from "./rehearsal/handle.tsx";
import { activate, pause, promote, resume, revoke } from "./status-actions.tsx";
import { versionsPage } from "./versions/page.tsx";

const detail = (visit: OrganizationVisit) => mandateDetail(visit);
const ALL = "/:org/mandates";
const ONE = `${ALL}/:mandate_id`;

export const mandateRoutes: readonly DashboardRoute[] = [
  { id: "mandates", method: "GET", path: ALL, access: EVERYONE, handle: mandateList },
  { id: "mandates.new", method: "GET", path: `${ALL}/new`, access: MANAGERS, handle: newMandatePage },
  { id: "mandates.create", method: "POST", path: `${ALL}/new`, access: MANAGERS, handle: newMandatePost },
  { id: "mandates.preview", method: "POST", path: `${ALL}/preview`, access: MANAGERS, handle: previewFragment },
  { id: "mandate", method: "GET", path: ONE, access: EVERYONE, handle: detail },
  { id: "mandate.edit", method: "GET", path: `${ONE}/edit`, access: MANAGERS, handle: editMandatePage },
  { id: "mandate.save", method: "POST", path: `${ONE}/edit`, access: MANAGERS, handle: editMandatePost },
  { id: "mandate.versions", method: "GET", path: `${ONE}/versions`, access: EVERYONE, handle: versionsPage },
  { id: "mandate.rehearse", method: "GET", path: `${ONE}/rehearse`, access: EVERYONE, handle: rehearsalPage },
  { id: "mandate.shadow", method: "POST", path: `${ONE}/shadow`, access: MANAGERS, handle: setShadow },
  { id: "mandate.activate", method: "POST", path: `${ONE}/activate`, access: MANAGERS, handle: activate },
  { id: "mandate.pause", method: "POST", path: `${ONE}/pause`, access: MANAGERS, handle: pause },
  { id: "mandate.resume", method: "POST", path: `${ONE}/resume`, access: MANAGERS, handle: resume },
  { id: "mandate.revoke", method: "POST", path: `${ONE}/revoke`, access: MANAGERS, handle: revoke },
  { id: "mandate.promote", method: "POST", path: `${ONE}/promote`, access: MANAGERS, handle: promote },
];

/** What the next page says: see `done.ts`. */
export const MANDATE_DONE: Readonly<Record<string, string>> = {
  mandate_drafted: "The draft is saved. It authorizes nothing before it is put in force.",
  mandate_drafted_beside:
    "The draft is saved. The mandate in force stays as it is until you put the draft in its place.",
  mandate_saved: "The draft is saved.",
  mandate_counts: "The new version counts from now on.",
  mandate_same: "Nothing was different, so no new version was made.",
  mandate_active: "The mandate is in force.",
  mandate_paused: "The mandate is paused. The agent can spend nothing under it.",
  mandate_resumed: "The mandate is in force again.",
  mandate_revoked: "The mandate is ended for good.",
  mandate_promoted: "The draft is in force, in place of the mandate before.",
  mandate_shadow_on: "The draft follows the agent's purchases from now on, without any effect on them.",
  mandate_shadow_off: "The draft no longer follows, and what it found is forgotten.",
};
