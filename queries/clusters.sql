-- clusters.sql: sums of unit numbers over the units of a cluster.
-- Grain:   one row per value of the keys, of which the cluster is one
-- Reads:   facts
-- Binds:   $keys: columns to group by; $sums: number of units, then the sums; $kept: which rows
-- Returns: keys, units, sums; units of arms without clusters are in none
select $keys, $sums
from facts
where facts.cluster is not null and $kept
group by $keys
