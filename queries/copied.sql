-- copied.sql: units with copies of events beyond the one that is kept.
-- Grain:   one row per analysed unit with copies
-- Reads:   repeated_events, exposed
-- Returns: i, copies
select exposed.i, cast(sum(repeated_events.copies - 1) as bigint) as copies
from repeated_events
inner join exposed on repeated_events.unit = exposed.unit
where exposed.analysed
group by exposed.i
