-- duplicate_events.sql: copies of events beyond the one that is kept.
-- Grain:   one row per arm
-- Reads:   copied(i, copies), exposed
-- Returns: arm, copies
select exposed.arm, sum(copied.copies) as copies
from copied
inner join exposed on copied.i = exposed.i
group by exposed.arm
order by exposed.arm
