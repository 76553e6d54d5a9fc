-- first_exposures.sql: when and in which arm every unit was first seen.
-- Grain:   one row per unit, numbered by i
-- Reads:   exposures(unit, exposed_us, arm, carried columns), exclude_units(unit)
-- Binds:   $watermark: rows at or after it are not read; $delivered: rows kept by the policy on
--          delivery; $unit, $exposed: the columns, or what stands in for them; $arm: number of the
--          arm in file order; $arms: how many arms; $carried: columns that the first row decides;
--          $smallest, $smallest_first, $conflicts, $decided: the same through the steps below;
--          $analysed: whether the unit is analysed
-- Returns: i, unit, t0, arm, rows_read, same_arm (rows in that arm), next_arm (the second arm of a
--          crossover), ambiguous, excluded, in_period, analysed, carried columns and whether the
--          rows at t0 differ in them
create or replace temp table exposed as
with

-- one row per exposure row that is read
read as (
    select $unit as unit, $exposed as exposed_us, $arm as arm, $carried
    from exposures
    where $exposed < $watermark and $delivered
),

-- one row per unit; arm and carried columns are right for units with one row only
seen as (
    select read.unit, min(read.exposed_us) as t0, count(*) as rows_read, min(read.arm) as arm, $smallest
    from read
    group by read.unit
),

-- one row per unit with several rows: its rows at t0 decide, the smallest non-NULL value of each
first_rows as (
    select
        read.unit,
        min(read.arm) filter (where read.exposed_us = seen.t0) as arm,
        max(read.arm) filter (where read.exposed_us = seen.t0) as last_arm,
        $conflicts,
        $smallest_first
    from read
    inner join seen on read.unit = seen.unit
    where seen.rows_read > 1
    group by read.unit
),

-- one row per unit with several rows: how often in its own arm, and which arm it met next
later_rows as (
    select
        read.unit,
        count(*) filter (where read.arm = first_rows.arm) as same_arm,
        min(read.exposed_us * $arms + read.arm) filter (where read.arm <> first_rows.arm) as next_seen
    from read
    inner join first_rows on read.unit = first_rows.unit
    group by read.unit
),

-- one row per unit of the list of units to leave out
left_out as (
    select exclude_units.unit
    from exclude_units
    where exclude_units.unit is not null
    group by exclude_units.unit
),

-- one row per unit
decided as (
    select
        cast(row_number() over () - 1 as integer) as i,
        seen.unit,
        seen.t0,
        coalesce(first_rows.arm, seen.arm) as arm,
        seen.rows_read,
        coalesce(later_rows.same_arm, 1) as same_arm,
        later_rows.next_seen % $arms as next_arm,
        coalesce(first_rows.arm <> first_rows.last_arm, false) as ambiguous,
        left_out.unit is not null as excluded,
        $decided
    from seen
    left join first_rows on seen.unit = first_rows.unit
    left join later_rows on seen.unit = later_rows.unit
    left join left_out on seen.unit = left_out.unit
)

select
    decided.*,
    $in_period as in_period,
    $in_period and not decided.ambiguous and not decided.excluded and $crossover_kept as analysed
from decided
