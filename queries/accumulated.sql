-- accumulated.sql: when a running sum first reaches each of its thresholds, at and after exposure,
--          and whether it did in the lookback, which has a sum of its own.
-- Grain:   one row per unit in which the lowest threshold is reached
-- Reads:   events(unit, occurred_us, columns that the sum names), exposed
-- Binds:   $watermark: rows at or after it are not read; $per: one sum per value of this, NULL
--          being one; $summand: never negative; $within: distances read; $least: the lowest
--          threshold; $measures: when each is met, at or above it; $slice: which units
-- Returns: i, then for each threshold crossed (distance, NULL if not) and held (distance in the
--          lookback, NULL if not)
with

-- one row per event row that adds something
adding as (
    select events.unit, events.occurred_us, $per as per, $summand as v
    from events
    where events.occurred_us < $watermark and $summand > 0
),

-- one row per such row of an analysed unit, at its distance from first exposure
placed as (
    select exposed.i, adding.occurred_us - exposed.t0 as d, adding.per, adding.v
    from adding
    inner join exposed on adding.unit = exposed.unit
    where exposed.analysed and $slice
),

-- the same rows with the sum so far; rows of equal time are added before it is looked at
running as (
    select
        placed.i,
        placed.d,
        sum(placed.v) over (
            partition by placed.i, placed.d >= 0, placed.per
            order by placed.d range between unbounded preceding and current row
        ) as so_far
    from placed
    where $within
)

select running.i, $measures
from running
where running.so_far >= $least
group by running.i
