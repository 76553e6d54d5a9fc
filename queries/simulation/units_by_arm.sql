-- units_by_arm.sql: how many units of the block each arm drew, and the log shows.
-- Grain:   one row per arm that drew any.
-- Reads:   units
-- Binds:   $log_end (microseconds, UTC)
select arm_id, count(*) as units
from units
where not is_missing and exposed_us < $log_end::bigint
group by arm_id
order by arm_id
