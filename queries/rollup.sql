-- rollup.sql: a table of moments from the layer below it.
-- Grain:   one row per value of the keys
-- Reads:   layer
-- Binds:   $keys: columns to group by; $sums: sums of the layer's columns
-- Returns: keys, units, sums, products, cubes
select $keys, $sums
from layer
group by $keys
