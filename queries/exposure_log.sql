-- exposure_log.sql: what the exposures hold, before any rule but the source's own `where`.
-- Grain:   one row per arm as the data write it
-- Reads:   exposures(unit, arm, exposed_us)
-- Binds:   $bound: rows at or after it are not read; $misdelivered: whether a row's `received`
--          disagrees with its arm; $unit, $exposed: the columns, or what stands in for them
-- Returns: arm, rows, misdelivered, last_us (of rows read), rows_after, null_units, null_times
select
    exposures.arm,
    count(*) filter (where $exposed < $bound) as rows_read,
    count(*) filter (where $exposed < $bound and $misdelivered) as misdelivered,
    max($exposed) filter (where $exposed < $bound) as last_us,
    count(*) filter (where $exposed >= $bound) as rows_after,
    count(*) - count($unit) as null_units,
    count(*) - count($exposed) as null_times
from exposures
group by exposures.arm
order by exposures.arm
