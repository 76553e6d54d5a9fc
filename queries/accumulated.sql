-- accumulated.sql: when a running sum first reaches its threshold, at and after exposure, and
--          whether it did in the lookback, which has a sum of its own.
-- Grain:   one row per unit in which it is reached
-- Reads:   events(unit, occurred_us, columns that the sum names), exposed
-- Binds:   $watermark: rows at or after it are not read; $per: one sum per value of this, NULL
--          being one; $summand: never negative; $within: distances read; $reach: met at or
--          above; $slice: which units
-- Returns: i, crossed (distance, NULL if not), held (distance in the lookback, NULL if not)
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

select
    running.i,
    min(running.d) filter (where running.d >= 0) as crossed,
    min(running.d) filter (where running.d < 0) as held
from running
where running.so_far >= $reach
group by running.i
