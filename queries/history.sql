-- history.sql: who would have been exposed: units of a past log, at their first eligible event.
-- Grain:   one row per unit
-- Reads:   events(unit, occurred_us), eligible ones only
-- Binds:   $start, $end: instants between which a first event counts as an exposure;
--          $arm: the arm that a unit is drawn into, from its name alone
-- Returns: unit, arm, exposed_at
with

-- one row per unit
firsts as (
    select events.unit, min(events.occurred_us) as exposed_us
    from events
    where events.occurred_us >= $start and events.unit is not null
    group by events.unit
)

select firsts.unit, $arm as arm, make_timestamptz(firsts.exposed_us) as exposed_at
from firsts
where firsts.exposed_us < $end
