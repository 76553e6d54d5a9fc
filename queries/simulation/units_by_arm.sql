-- units_by_arm.sql: how many units of the block each arm drew.
-- Grain:   one row per arm that drew any.
-- Reads:   units
select arm_id, count(*) as units
from units
group by arm_id
order by arm_id
