-- event_log.sql: what the event log holds, whoever it is about.
-- Grain:   one row
-- Reads:   events(unit, occurred_us), columns that conditions name
-- Binds:   $bound: rows at or after it are not read; $conditions: one count per condition
-- Returns: rows_read, last_us (of rows read), rows_after, null_units, null_times, then the counts
select
    count(*) filter (where events.occurred_us < $bound) as rows_read,
    max(events.occurred_us) filter (where events.occurred_us < $bound) as last_us,
    count(*) filter (where events.occurred_us >= $bound) as rows_after,
    count(*) - count(events.unit) as null_units,
    count(*) - count(events.occurred_us) as null_times,
    $conditions
from events
