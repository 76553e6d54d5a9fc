-- duplicates_by_unit.sql: how copies of events lie with units, for the spread of their share.
-- Grain:   one row per arm
-- Reads:   copied(i, copies), facts
-- Returns: arm, squared (copies of a unit, squared), by_rows (times the rows that are kept of it)
select
    facts.arm,
    sum(copied.copies * copied.copies) as squared,
    sum(copied.copies * facts.events) as by_rows
from copied
inner join facts on copied.i = facts.i
group by facts.arm
order by facts.arm
