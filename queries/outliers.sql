-- outliers.sql: how much of each metric's total its largest units have, by arm.
-- Grain:   one row per arm as it is compared
-- Reads:   facts
-- Binds:   $arm: the arm that a unit is read in; $sizes: counts, largest values, sums and quantiles
--          over mature units
-- Returns: arm, the sizes
select $arm as arm, $sizes
from facts
group by $arm
order by $arm
