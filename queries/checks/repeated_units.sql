-- repeated_units.sql: units that stand in a table of units more than once, where no time tells
--          which row came first.
-- Grain:   one row
-- Reads:   exposures(unit)
-- Binds:   $delivered: rows kept by the policy on delivery
-- Returns: units, rows, an example
select count(*) as units, coalesce(sum(repeated.rows_read), 0) as rows_read, min(repeated.unit) as example
from (
    select exposures.unit, count(*) as rows_read
    from exposures
    where $delivered
    group by exposures.unit
    having count(*) > 1
) as repeated
