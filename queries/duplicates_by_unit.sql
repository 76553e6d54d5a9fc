-- duplicates_by_unit.sql: how copies of events lie with units, for the spread of their share.
-- Grain:   one row per arm
-- Reads:   repeated_events, exposed, facts
-- Returns: arm, squared (copies of a unit, squared), by_rows (times the rows that are kept of it)
with

-- one row per unit with copies
of_unit as (
    select repeated_events.unit, cast(sum(repeated_events.copies - 1) as bigint) as copies
    from repeated_events
    group by repeated_events.unit
)

select
    facts.arm,
    sum(of_unit.copies * of_unit.copies) as squared,
    sum(of_unit.copies * facts.events) as by_rows
from of_unit
inner join exposed on of_unit.unit = exposed.unit
inner join facts on exposed.i = facts.i
group by facts.arm
order by facts.arm
