-- times_to_event.sql: in which bin of time units had the event, or how long they were followed.
-- Grain:   one row per arm, bin, cause and value of the keys that occurs
-- Reads:   facts
-- Binds:   $happened: bin of the event, from 1; NULL where there is none. $followed: the last bin that
--          was followed whole. $keys: further columns of the grain, $carried the same of `observed`.
--          $kept: which units
-- Returns: arm, bin, cause (the label; NULL where the event was not seen to happen), units, keys
with

-- one row per unit: what happened after the last bin that was followed whole is not counted
observed as (
    select
        facts.arm,
        facts.label,
        $followed as followed,
        case when $happened <= $followed then $happened end as happened,
        $keys
    from facts
    where $kept
)

select
    observed.arm,
    case when observed.happened is null then observed.followed else observed.happened end as bin,
    case when observed.happened is not null then observed.label end as cause,
    count(*) as units,
    $carried
from observed
group by
    observed.arm,
    case when observed.happened is null then observed.followed else observed.happened end,
    case when observed.happened is not null then observed.label end,
    $carried
