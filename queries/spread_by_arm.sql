-- spread_by_arm.sql: how many holders got something, and how much the largest of them.
-- Grain:   one row per arm
-- Reads:   spread
-- Binds:   nothing
-- Returns: arm, worth (of known holders), unnamed (of none), negative (rows below 0), holders,
--          largest (of one holder), top (how many are one in a hundred, rounded up), top_worth,
--          shared (holders that got something in another arm too), shared_worth
with

-- one row per arm and holder
held as (
    select
        spread.arm,
        spread.holder,
        sum(spread.worth) as worth,
        cast(sum(spread.negative) as bigint) as negative
    from spread
    group by spread.arm, spread.holder
),

-- one row per arm and holder, the largest first
ranked as (
    select
        held.arm,
        held.holder,
        held.worth,
        row_number() over (partition by held.arm order by held.worth desc, held.holder) as place,
        count(*) over (partition by held.arm) as holders,
        count(*) over (partition by held.holder) as arms
    from held
    where held.holder is not null and held.worth > 0
),

-- one row per arm with a known holder
named as (
    select
        ranked.arm,
        max(ranked.worth) as largest,
        max(ranked.holders) as holders,
        max((ranked.holders + 99) // 100) as top,
        sum(ranked.worth) filter (where ranked.place <= (ranked.holders + 99) // 100) as top_worth,
        count(*) filter (where ranked.arms > 1) as shared,
        sum(ranked.worth) filter (where ranked.arms > 1) as shared_worth
    from ranked
    group by ranked.arm
),

-- one row per arm
whole as (
    select
        held.arm,
        sum(held.worth) filter (where held.holder is not null) as worth,
        sum(held.worth) filter (where held.holder is null) as unnamed,
        cast(sum(held.negative) as bigint) as negative
    from held
    group by held.arm
)

select
    whole.arm,
    whole.worth,
    whole.unnamed,
    whole.negative,
    named.holders,
    named.largest,
    named.top,
    named.top_worth,
    named.shared,
    named.shared_worth
from whole
left join named on whole.arm = named.arm
order by whole.arm
