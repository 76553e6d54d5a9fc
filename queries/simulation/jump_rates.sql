-- jump_rates.sql: how fast a shopper's clocks run, by where it stands.
-- Grain:   one row per arm, class of shopper and state (ordered prefix of stages).
-- Reads:   arms, classes, orderings, steps
-- Returns: cell (arm and class), state (16 * rank of need + 4 * of touchpoint + of trust; rank 0 is
--          "not held"), held (number of stages), and the rates of the five things that can happen
--          next; null where one cannot
create or replace temp table jump_rates as
with

-- one row per ordered prefix of the three stages: ranks are 0 or run from 1 without a gap
states as (
    select
        16 * n.rank + 4 * t.rank + r.rank as state,
        n.rank as need,
        t.rank as touchpoint,
        r.rank as trust,
        (n.rank > 0)::integer + (t.rank > 0)::integer + (r.rank > 0)::integer as held
    from range(4) as n (rank), range(4) as t (rank), range(4) as r (rank)
    where (n.rank = 0 or (n.rank <> t.rank and n.rank <> r.rank))
        and (t.rank = 0 or t.rank <> r.rank)
        and greatest(n.rank, t.rank, r.rank)
            = (n.rank > 0)::integer + (t.rank > 0)::integer + (r.rank > 0)::integer
),

-- one row per state but the empty one, named as a scenario names it
named as (
    select s.state, string_agg(w.stage, '>' order by w.rank) as ordering
    from states as s,
        lateral (
            values ('need', s.need), ('touchpoint', s.touchpoint), ('trust', s.trust)
        ) as w (stage, rank)
    where w.rank > 0
    group by s.state
)

select
    arms.arm_id * 64 + classes.class_id as cell,
    states.state,
    states.held,
    case when states.need = 0
        then nullif(arms.need * classes.need * coalesce(n.factor, 1), 0) end as need,
    case when states.touchpoint = 0
        then nullif(arms.touchpoint * classes.touchpoint * coalesce(t.factor, 1), 0)
        end as touchpoint,
    case when states.trust = 0
        then nullif(arms.trust * classes.trust * coalesce(r.factor, 1), 0) end as trust,
    nullif(classes.purchase * case
        when states.held = 3 then arms.purchase * coalesce(orderings.factor, 1)
        else arms.leak
    end, 0) as purchase,
    nullif(arms.churn * classes.churn, 0) as churn
from arms
cross join classes
cross join states
left join named on named.state = states.state
left join orderings on orderings.ordering = named.ordering
left join steps as n on n.step = named.ordering || '>need'
left join steps as t on t.step = named.ordering || '>touchpoint'
left join steps as r on r.step = named.ordering || '>trust'
order by cell, states.state;
