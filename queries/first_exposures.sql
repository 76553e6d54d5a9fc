-- first_exposures.sql: when and in which arm every unit was first seen.
-- Grain:   one row per unit, numbered by i
-- Reads:   exposures(unit, exposed_us, arm, carried columns), exclude_units(unit)
-- Binds:   $watermark: rows at or after it are not read; $delivered: rows kept by the policy on
--          delivery; $unit, $exposed: the columns, or what stands in for them; $arm: number of the
--          arm in file order; $arms: how many arms; $carried: columns that the first row decides;
--          $smallest_first, $conflicts, $single, $several: the same through the steps below;
--          $analysed: whether the unit is analysed
-- Returns: i, unit, t0, arm, rows_read, same_arm (rows in that arm), next_arm (the second arm of a
--          crossover), ambiguous, excluded, in_period, analysed, carried columns and whether the
--          rows at t0 differ in them
create or replace temp table exposed as
with

-- one row per exposure row that is read
read as materialized (
    select $unit as unit, $exposed as exposed_us, $arm as arm, $carried
    from exposures
    where $exposed < $watermark and $delivered
),

-- one row per unit with several rows: few, where a log holds first exposures
repeated as (
    select read.unit, min(read.exposed_us) as t0, count(*) as rows_read
    from read
    group by read.unit
    having count(*) > 1
),

-- one row per such unit: its rows at t0 decide, the smallest non-NULL value of each
first_rows as (
    select
        read.unit,
        min(repeated.t0) as t0,
        min(repeated.rows_read) as rows_read,
        min(read.arm) filter (where read.exposed_us = repeated.t0) as arm,
        max(read.arm) filter (where read.exposed_us = repeated.t0) as last_arm,
        $conflicts,
        $smallest_first
    from read
    inner join repeated on read.unit = repeated.unit
    group by read.unit
),

-- one row per such unit: how often in its own arm, and which arm it met next
later_rows as (
    select
        read.unit,
        count(*) filter (where read.arm = first_rows.arm) as same_arm,
        min(read.exposed_us * $arms + read.arm) filter (where read.arm <> first_rows.arm) as next_seen
    from read
    inner join first_rows on read.unit = first_rows.unit
    group by read.unit
),

-- one row per unit
seen as (
    select
        read.unit,
        read.exposed_us as t0,
        read.arm,
        1 as rows_read,
        1 as same_arm,
        null as next_arm,
        false as ambiguous,
        $single
    from read
    left join repeated on read.unit = repeated.unit
    where repeated.unit is null
    union all
    select
        first_rows.unit,
        first_rows.t0,
        first_rows.arm,
        first_rows.rows_read,
        later_rows.same_arm,
        later_rows.next_seen % $arms as next_arm,
        coalesce(first_rows.arm <> first_rows.last_arm, false) as ambiguous,
        $several
    from first_rows
    inner join later_rows on first_rows.unit = later_rows.unit
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
        seen.*,
        left_out.unit is not null as excluded
    from seen
    left join left_out on seen.unit = left_out.unit
)

select
    decided.*,
    $in_period as in_period,
    $in_period and not decided.ambiguous and not decided.excluded and $crossover_kept as analysed
from decided
