-- outliers.sql: how much of each metric's total its largest units have, by arm.
-- Grain:   one row per arm
-- Reads:   facts
-- Binds:   $sizes: counts, largest values, sums and quantiles over mature units
-- Returns: arm, the sizes
select facts.arm, $sizes
from facts
group by facts.arm
order by facts.arm
