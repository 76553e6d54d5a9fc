-- journeys.sql: what every analysed unit did, around its first exposure.
-- Grain:   one row per unit with at least one event row
-- Reads:   events(unit, occurred_us, columns that conditions and sums name), exposed
-- Binds:   $watermark: rows at or after it are not read;
--          $marks: every condition once, as bits; $summands: numbers to add up;
--          $carried: names of these; $counted: bits that count at the row's distance;
--          $measures: aggregates over bits and numbers; $slice: which units
-- Returns: i, events (rows), then the measures; distances are microseconds after t0
with

-- one row per event row that is read
marked as (
    select events.unit, events.occurred_us, $summands, $marks
    from events
    where events.occurred_us < $watermark
),

-- one row per event row of an analysed unit, at its distance from first exposure
placed as (
    select exposed.i, marked.occurred_us - exposed.t0 as d, $carried, $words
    from marked
    inner join exposed on marked.unit = exposed.unit
    where exposed.analysed and $slice
),

-- the same rows; bits that do not count at that distance are gone
counted as (
    select placed.i, placed.d, $carried, $counted
    from placed
)

select counted.i, count(*) as events, $measures
from counted
group by counted.i
