-- rules.sql: for how many units each rule of a stage fired, by day of exposure.
-- Grain:   one row per arm and day
-- Reads:   facts
-- Binds:   $fired: one count of units per rule
-- Returns: arm, day, units, the counts
select facts.arm, facts.day, count(*) as units, $fired
from facts
group by facts.arm, facts.day
order by facts.arm, facts.day
