-- moments.sql: sums, declared products and third powers of unit numbers.
-- Grain:   one row per value of the keys
-- Reads:   facts, or the finer table `layer` made by this query
-- Binds:   $keys: columns to group by; $sums: number of units, then the sums; $kept: which rows
-- Returns: keys, units, sums, products, cubes
select $keys, $sums
from facts
where $kept
group by $keys
