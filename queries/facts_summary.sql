-- facts_summary.sql: what has to be known about unit facts before they are added up.
-- Grain:   one row per arm
-- Reads:   facts
-- Binds:   $aggregates: smallest and largest numbers, missing values, counters
-- Returns: arm, units, the aggregates
select facts.arm, count(*) as units, $aggregates
from facts
group by facts.arm
order by facts.arm
