-- event_log.sql: what the event log holds, whoever it is about.
-- Grain:   one row per set of conditions that hold together: few, however long the log
-- Reads:   events(unit, occurred_us), columns that conditions name
-- Binds:   $bound: rows at or after it are not read; $marks: every condition once, as bits;
--          $words: names of these
-- Returns: rows_read, last_us (of rows read), rows_after, null_units (of rows read), null_times, then the words
with

-- one row per event row
marked as (
    select events.unit, events.occurred_us, $marks
    from events
)

select
    count(*) filter (where marked.occurred_us < $bound) as rows_read,
    max(marked.occurred_us) filter (where marked.occurred_us < $bound) as last_us,
    count(*) filter (where marked.occurred_us >= $bound) as rows_after,
    count(*) filter (where marked.unit is null and marked.occurred_us < $bound) as null_units,
    count(*) - count(marked.occurred_us) as null_times,
    $words
from marked
group by $words
