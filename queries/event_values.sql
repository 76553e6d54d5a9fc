-- event_values.sql: what events are called, for the message about a condition that never holds.
-- Grain:   one row per value
-- Reads:   events(event)
-- Binds:   $most: how many
-- Returns: event, rows; most frequent first
select cast(events.event as varchar) as event, count(*) as rows_read
from events
where events.event is not null
group by events.event
order by rows_read desc, event
limit $most
