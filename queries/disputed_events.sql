-- disputed_events.sql: event rows of units whose copies of an event differ in what is asked of them.
-- Grain:   one row per event row that is read of such a unit
-- Reads:   events(unit, event_id, occurred_us, $columns), exposed, streamed_disputed(i)
-- Binds:   $watermark: rows at or after it are not read; $columns: those that the experiment reads
-- Returns: $columns
create or replace temp table disputed_events as
with

-- one row per such unit
units as (
    select exposed.unit
    from exposed
    inner join streamed_disputed on exposed.i = streamed_disputed.i
)

select $columns
from events
inner join units on events.unit = units.unit
where events.occurred_us < $watermark
