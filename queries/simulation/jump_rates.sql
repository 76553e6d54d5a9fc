-- jump_rates.sql: from where a shopper moves on, how fast and whereto.
-- Grain:   one row per arm, class of shopper and state (ordered prefix of stages).
-- Reads:   arms, classes, orderings
-- Returns: cell (arm and class), state (16 * rank of need + 4 * of touchpoint + of trust; rank 0 is
--          "not held"), total (rate of the next jump; null where there is none), and the shares of
--          the next jump, cumulated: to_need, to_touchpoint, to_trust, to_order (the rest churns)
create or replace temp table jump_rates as
with

-- one row per ordered prefix of the three stages: ranks are 0 or run from 1 without a gap
states as (
    select
        16 * n.rank + 4 * t.rank + r.rank as state,
        n.rank as need,
        t.rank as touchpoint,
        r.rank as trust,
        n.rank + t.rank + r.rank = 6 as complete
    from range(4) as n (rank), range(4) as t (rank), range(4) as r (rank)
    where (n.rank = 0 or (n.rank <> t.rank and n.rank <> r.rank))
        and (t.rank = 0 or t.rank <> r.rank)
        and greatest(n.rank, t.rank, r.rank)
            = (n.rank > 0)::integer + (t.rank > 0)::integer + (r.rank > 0)::integer
),

-- one row per complete state, named as a scenario names its ordering
named as (
    select s.state, string_agg(w.stage, '>' order by w.rank) as ordering
    from states as s,
        lateral (
            values ('need', s.need), ('touchpoint', s.touchpoint), ('trust', s.trust)
        ) as w (stage, rank)
    where s.complete
    group by s.state
),

-- one row per arm, class and state: the rate of every jump that is open there
rates as (
    select
        arms.arm_id * 64 + classes.class_id as cell,
        states.state,
        case when states.need = 0 then arms.need * classes.need else 0 end as need,
        case when states.touchpoint = 0 then arms.touchpoint else 0 end as touchpoint,
        case when states.trust = 0 then arms.trust else 0 end as trust,
        classes.purchase * case
            when states.complete then arms.purchase * coalesce(orderings.factor, 1)
            else arms.leak
        end as purchase,
        arms.churn
    from arms
    cross join classes
    cross join states
    left join named on named.state = states.state
    left join orderings on orderings.ordering = named.ordering
)

select
    cell,
    state,
    nullif(need + touchpoint + trust + purchase + churn, 0) as total,
    need / total as to_need,
    (need + touchpoint) / total as to_touchpoint,
    (need + touchpoint + trust) / total as to_trust,
    (need + touchpoint + trust + purchase) / total as to_order
from rates
order by cell, state;
