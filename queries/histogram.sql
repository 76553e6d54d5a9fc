-- histogram.sql: how many units have a metric of each size, in bins that depend on no data.
-- Grain:   one row per value of the keys and bin that occurs
-- Reads:   facts
-- Binds:   $keys: columns to group by; $bin: number of the bin, ascending with the value; $kept:
--          units that have a value
-- Returns: keys, bin, units
select $keys, $bin as bin, count(*) as units
from facts
where $kept
group by $keys, $bin
