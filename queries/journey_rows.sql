-- journey_rows.sql: the event log as the fast road streams it: numbers alone, every row once.
-- Grain:   one row per event row that is read, of whomever
-- Reads:   events(unit, occurred_us, columns that conditions and sums name), exposed
-- Binds:   $watermark: rows at or after it are not read; $marks: every condition once, a bit each;
--          $summands: numbers to add up, 0 for NULL; $weights: what running sums add, 0 for nothing,
--          and what each runs along, as a hash; $key: the event's id as a hash, 0 for NULL;
--          $carried: names of all these; $slice: which units; $first: number of the first of them
-- Returns: i (number of an analysed unit from $first on; -1: exposed and not analysed, -2: never exposed, -3: NULL),
--          d (microseconds after t0; 0 for others), then what is carried
with

-- one row per event row that is read
marked as (
    select events.unit, events.occurred_us, $summands, $weights, $key, $marks
    from events
    where events.occurred_us < $watermark
)

select
    case
        when exposed.analysed then exposed.i - $first
        when exposed.i is not null then -1
        when marked.unit is null then -3
        else -2
    end as i,
    coalesce(marked.occurred_us - exposed.t0, 0) as d,
    $carried
from marked
left join exposed on marked.unit = exposed.unit and $slice
