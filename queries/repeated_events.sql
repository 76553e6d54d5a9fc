-- repeated_events.sql: event ids that stand in the log more than once for one unit.
-- Grain:   one row per unit and event id
-- Reads:   events(unit, event_id, occurred_us)
-- Binds:   $watermark: rows at or after it are not read
-- Returns: unit, event_id, copies
create or replace temp table repeated_events as
select events.unit, events.event_id, count(*) as copies
from events
where events.event_id is not null and events.occurred_us < $watermark
group by events.unit, events.event_id
having count(*) > 1
