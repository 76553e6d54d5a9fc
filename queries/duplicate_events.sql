-- duplicate_events.sql: copies of events beyond the one that is kept.
-- Grain:   one row per arm
-- Reads:   repeated_events, exposed
-- Returns: arm, copies
select exposed.arm, sum(repeated_events.copies - 1) as copies
from repeated_events
inner join exposed on repeated_events.unit = exposed.unit
where exposed.analysed
group by exposed.arm
order by exposed.arm
