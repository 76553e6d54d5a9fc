-- spread.sql: how much of a metric every unit gave every holder, such as a creator.
-- Grain:   one row per mature unit and holder that it gave something (NULL: none was logged)
-- Reads:   events(unit, occurred_us, columns that expressions name), exposed, facts
-- Binds:   $watermark: rows at or after it are not read; $holder: the column; $worth: what a row
--          counts; $counted: rows that count; $within: distances that count; $arm: number of the
--          arm as it is compared; $needed: maturity that the metric waits for; $added: worth added
--          up; $buckets: how many parts each arm is cut into
-- Returns: table spread: arm, unit, bucket, holder, worth, negative (rows below 0)
create or replace temp table spread as
with

-- one row per event row that counts
valued as (
    select events.unit, events.occurred_us, cast($holder as varchar) as holder, $worth as worth
    from events
    where events.occurred_us < $watermark and $counted
),

-- one row per such row of an analysed unit, at its distance from first exposure
placed as (
    select
        exposed.i,
        exposed.unit,
        valued.occurred_us - exposed.t0 as d,
        valued.holder,
        valued.worth
    from valued
    inner join exposed on valued.unit = exposed.unit
    where exposed.analysed
),

-- one row per mature unit and holder
given as (
    select
        $arm as arm,
        placed.unit,
        placed.holder,
        $added as worth,
        count(*) filter (where placed.worth < 0) as negative
    from placed
    inner join facts on placed.i = facts.i
    where $within and facts.maturity >= $needed
    group by $arm, placed.unit, placed.holder
),

-- one row per unit; the order of their names is the same in every run
units as (
    select distinct given.arm, given.unit
    from given
),

-- one row per unit
cut as (
    select
        units.arm,
        units.unit,
        row_number() over (partition by units.arm order by units.unit) % $buckets as bucket
    from units
)

select given.arm, given.unit, cut.bucket, given.holder, given.worth, given.negative
from given
inner join cut on given.arm = cut.arm and given.unit = cut.unit
