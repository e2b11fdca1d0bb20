/** The order of a hook's events: what is beyond the newest ones is found without counting them. */
export default `
ALTER TABLE hook_events ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
UPDATE hook_events SET seq = ordered.n FROM (
  SELECT hook_id, event_id, ROW_NUMBER() OVER (PARTITION BY hook_id ORDER BY at, event_id) AS n FROM hook_events
) AS ordered WHERE ordered.hook_id = hook_events.hook_id AND ordered.event_id = hook_events.event_id;
CREATE UNIQUE INDEX hook_events_by_order ON hook_events (hook_id, seq);
`;
