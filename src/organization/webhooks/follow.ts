import { LIMITS } from "../../limits.ts";
import { isPublicType } from "../../webhooks/catalogue.ts";
import { wants } from "../../webhooks/filter.ts";
import type { Follower } from "../followers.ts";
import { disableEndpoint } from "./endpoints.ts";
import { messageOf } from "./messages.ts";
import { arm, type EndpointRow, insertDelivery, keepMessage, listeningTo } from "./store.ts";

/** Whoever enables an endpoint at the backlog has room for what happens next, or the next event would undo it. */
const backlogOf = ({ open_at_enable }: EndpointRow): number =>
  Math.max(LIMITS.webhookBacklog, open_at_enable + LIMITS.webhookBacklogRoom);

/**
 * Makes of every public event one delivery per endpoint that wants it, and one message that they share. An endpoint for
 * which too much waits is disabled, which is said, instead of growing without end; replays bring what it missed.
 */
export const webhookFollower: Follower = {
  name: "webhooks",
  follow(work, cache, event, env) {
    if (!isPublicType(event.type)) return;
    const listening = listeningTo(work, event.seq).filter(({ events }) =>
      wants(JSON.parse(events) as string[], event.type),
    );
    if (listening.length === 0) return;
    const message = messageOf(work, cache, env, event);
    if (message === null) return;
    for (const endpoint of listening) {
      if (endpoint.open >= backlogOf(endpoint)) {
        disableEndpoint(work, endpoint.id, "backlog");
        continue;
      }
      keepMessage(work, message);
      insertDelivery(work, endpoint.id, message.id, "event");
      // Where the timer is due already, one more delivery moves nothing.
      if (endpoint.timer_at === null || endpoint.timer_at > work.now) arm(work, endpoint.id);
    }
  },
};
