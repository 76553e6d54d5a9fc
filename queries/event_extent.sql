-- event_extent.sql: from when to when the event log runs, before anything is asked of its rows.
-- Grain:   one row
-- Reads:   events(occurred_us)
-- Binds:   $bound: rows at or after it are not read
-- Returns: rows_read, last_us (of rows read), rows_after, null_times
select
    count(*) filter (where events.occurred_us < $bound) as rows_read,
    max(events.occurred_us) filter (where events.occurred_us < $bound) as last_us,
    count(*) filter (where events.occurred_us >= $bound) as rows_after,
    count(*) - count(events.occurred_us) as null_times
from events
