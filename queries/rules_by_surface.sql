-- rules_by_surface.sql: for how many units each rule of a stage fired on each surface.
-- Grain:   one row per arm, day of exposure and surface on which an event row lies
-- Reads:   events(unit, occurred_us, surface, columns that conditions name), exposed, facts
-- Binds:   $watermark: rows at or after it are not read; $surface: the column; $marks: every rule
--          once, as bits; $summands: of running sums; $words, $carried: names of these;
--          $seen: whether any row within the window meets a rule, or is where a running sum reached
--          its threshold; $fired: one count of units per rule
-- Returns: arm, day, surface, the counts
with

-- one row per event row that is read
marked as (
    select events.unit, events.occurred_us, cast($surface as varchar) as surface, $summands, $marks
    from events
    where events.occurred_us < $watermark
),

-- one row per event row of an analysed unit, at its distance from first exposure
placed as (
    select exposed.i, marked.occurred_us - exposed.t0 as d, marked.surface, $carried, $words
    from marked
    inner join exposed on marked.unit = exposed.unit
    where exposed.analysed
),

-- one row per unit and surface
by_surface as (
    select placed.i, placed.surface, $seen
    from placed
    inner join facts on placed.i = facts.i
    group by placed.i, placed.surface
)

select facts.arm, facts.day, by_surface.surface, $fired
from by_surface
inner join facts on by_surface.i = facts.i
group by facts.arm, facts.day, by_surface.surface
