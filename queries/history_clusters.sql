-- history_clusters.sql: history.sql where units come in clusters that events know.
-- Grain:   one row per unit
-- Reads:   events(unit, occurred_us, the cluster's column), eligible ones only
-- Binds:   $start, $end: instants between which a first event counts as an exposure; $arm: the arm
--          that a unit is drawn into, from its name alone; $cluster: the column; $cluster_named: the
--          cluster of the first event, of several at that time the smallest, under its name
-- Returns: unit, arm, exposed_at, the cluster
with

-- one row per unit
starts as (
    select events.unit, min(events.occurred_us) as exposed_us
    from events
    where events.occurred_us >= $start and events.unit is not null
    group by events.unit
),

-- one row per unit
firsts as (
    select starts.unit, starts.exposed_us, min($cluster) as cluster
    from starts
    inner join events on starts.unit = events.unit and starts.exposed_us = events.occurred_us
    group by starts.unit, starts.exposed_us
)

select firsts.unit, $arm as arm, make_timestamptz(firsts.exposed_us) as exposed_at, $cluster_named
from firsts
where firsts.exposed_us < $end
