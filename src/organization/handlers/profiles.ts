import type { ProfileInput } from "../../schema/providers.ts";
import { type CheckedCard, openQuestion } from "../profile-card.ts";
import {
  deleteProfile,
  type JudgedProfile,
  judgeNewProfile,
  judgeProfileEdit,
  listProfiles,
  requireProfile,
  writeProfile,
} from "../profile-store.ts";
import { type ProfileRow, profileOf } from "../profiles.ts";
import { iso } from "../views.ts";
import { bodyOf, type Desk, type Handler, param } from "./desk.ts";
import { versionFrom } from "./if-match.ts";

/** Who buys and where it goes is about people: only administrators, who wrote it, read it. */
function view({ principal }: Desk, row: ProfileRow) {
  const { id, name, version } = row;
  const about = { id, name, kind: row.kind, version, created_at: iso(row.created_at), updated_at: iso(row.updated_at) };
  if (row.kind === "stripe") return { ...about, ...profileOf(row, "stripe").config };
  const { merchants, payment_method, buyer, delivery } = profileOf(row, "acp").config;
  const { address, ...person } = buyer;
  const shown = principal.roles.has("admin");
  return {
    ...about,
    merchants,
    payment_method,
    buyer: shown ? person : null,
    address: shown ? address : null,
    delivery,
  };
}

/** `checked` is there only where the errand has asked Stripe. */
type Body = ProfileInput & { readonly checked?: CheckedCard };

function save(desk: Desk, judged: JudgedProfile, { checked }: Body) {
  return openQuestion(desk.work, judged, checked) ?? view(desk, writeProfile(desk.work, judged));
}

export const profileHandlers = {
  listProfiles: (desk) => ({ data: listProfiles(desk.work).map((row) => view(desk, row)) }),
  createProfile: (desk, call) => {
    const body = bodyOf<Body & { readonly name: string }>(call);
    return save(desk, judgeNewProfile(desk.work, body.name, body), body);
  },
  getProfile: (desk, call) => view(desk, requireProfile(desk.work, param(call, "profile_name"))),
  replaceProfile: (desk, call) => {
    const body = bodyOf<Body>(call);
    return save(desk, judgeProfileEdit(desk.work, param(call, "profile_name"), versionFrom(call), body), body);
  },
  deleteProfile: ({ work }, call) => ({ id: deleteProfile(work, param(call, "profile_name")).id, deleted: true }),
} satisfies Record<string, Handler>;
