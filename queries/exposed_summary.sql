-- exposed_summary.sql: what became of the exposed units, by the arm in which they were first seen.
-- Grain:   one row per arm and next arm (NULL for units seen in one arm)
-- Reads:   exposed
-- Binds:   $start, $stop: the period; $conflicting: per carried column, units whose rows of the
--          first instant differ
-- Returns: counts of units; extra_rows counts exposure rows beyond a unit's first in its arm;
--          extents of analysed units
select
    exposed.arm,
    exposed.next_arm,
    count(*) filter (where exposed.analysed) as analysed,
    count(*) filter (where exposed.in_period and exposed.excluded) as excluded,
    count(*) filter (where exposed.t0 < $start and not exposed.excluded) as early,
    count(*) filter (where exposed.t0 >= $stop and not exposed.excluded) as late,
    count(*) filter (where exposed.in_period and not exposed.excluded and exposed.ambiguous) as ambiguous,
    count(*) filter (where exposed.in_period and not exposed.excluded and not exposed.ambiguous) as seen,
    coalesce(sum(exposed.same_arm - 1) filter (
        where exposed.in_period and not exposed.excluded and not exposed.ambiguous
    ), 0) as extra_rows,
    min(exposed.t0) filter (where exposed.analysed) as first_t0,
    max(exposed.t0) filter (where exposed.analysed) as last_t0,
    count(*) as units,
    $conflicting
from exposed
group by exposed.arm, exposed.next_arm
order by exposed.arm, exposed.next_arm nulls first
