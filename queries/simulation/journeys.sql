-- journeys.sql: what happens to every unit, by the jump chain of jump_rates.sql.
-- Grain:   one row per unit of the block.
-- Reads:   units, jump_rates, arms, classes
-- Binds:   $horizon (days after first exposure; what lies behind it is null)
-- Returns: the unit's columns; need_at, touchpoint_at, trust_at, order_1_at, order_2_at,
--          refund_1_at, refund_2_at (microseconds after first exposure, null if never);
--          cents_1, cents_2 (amounts of the orders)
-- At most four jumps: three stages, then an order or churn. A unit that is gone meets no row of
-- jump_rates, so that all that follows is null. Each jump has its own column names: an alias loses
-- against a column of the same name.
create or replace temp table journeys as
with

-- every draw of the chain once: waits in units of the mean, and which way
drawn as materialized (
    select
        units.*,
        draw_wait(draws, 30, 1) as wait_1, draw(draws, 31) as pick_1,
        draw_wait(draws, 32, 1) as wait_2, draw(draws, 33) as pick_2,
        draw_wait(draws, 34, 1) as wait_3, draw(draws, 35) as pick_3,
        draw_wait(draws, 36, 1) as wait_4, draw(draws, 37) as pick_4
    from units
),

jump_1 as (
    select
        u.*, j.state, wait_1 / j.total as day_1,
        case
            when j.total is null then null
            when pick_1 < j.to_need then 'n'
            when pick_1 < j.to_touchpoint then 't'
            when pick_1 < j.to_trust then 'r'
            when pick_1 < j.to_order then 'p'
            else 'x'
        end as what_1,
        case what_1 when 'n' then 16 when 't' then 4 when 'r' then 1 end as state_1
    from drawn as u
    left join jump_rates as j on j.cell = u.cell and j.state = 0
),

jump_2 as (
    select
        u.* exclude (state), j.state, day_1 + wait_2 / j.total as day_2,
        case
            when j.total is null then null
            when pick_2 < j.to_need then 'n'
            when pick_2 < j.to_touchpoint then 't'
            when pick_2 < j.to_trust then 'r'
            when pick_2 < j.to_order then 'p'
            else 'x'
        end as what_2,
        j.state + 2 * case what_2 when 'n' then 16 when 't' then 4 when 'r' then 1 end as state_2
    from jump_1 as u
    left join jump_rates as j on j.cell = u.cell and j.state = u.state_1
),

jump_3 as (
    select
        u.* exclude (state), j.state, day_2 + wait_3 / j.total as day_3,
        case
            when j.total is null then null
            when pick_3 < j.to_need then 'n'
            when pick_3 < j.to_touchpoint then 't'
            when pick_3 < j.to_trust then 'r'
            when pick_3 < j.to_order then 'p'
            else 'x'
        end as what_3,
        j.state + 3 * case what_3 when 'n' then 16 when 't' then 4 when 'r' then 1 end as state_3
    from jump_2 as u
    left join jump_rates as j on j.cell = u.cell and j.state = u.state_2
),

-- all three stages are held: an order or churn
jump_4 as (
    select
        u.* exclude (state), day_3 + wait_4 / j.total as day_4,
        case when j.total is null then null when pick_4 < j.to_order then 'p' else 'x' end as what_4
    from jump_3 as u
    left join jump_rates as j on j.cell = u.cell and j.state = u.state_3
),

-- when each thing happened, in days after first exposure
days as (
    select
        u.* exclude (wait_1, wait_2, wait_3, wait_4, pick_1, pick_2, pick_3, pick_4,
            day_1, day_2, day_3, day_4, what_1, what_2, what_3, what_4, state_1, state_2, state_3),
        case 'n' when what_1 then day_1 when what_2 then day_2 when what_3 then day_3 end as need,
        case 't' when what_1 then day_1 when what_2 then day_2 when what_3 then day_3 end
            as touchpoint,
        case 'r' when what_1 then day_1 when what_2 then day_2 when what_3 then day_3 end as trust,
        case 'p' when what_1 then day_1 when what_2 then day_2 when what_3 then day_3
            when what_4 then day_4 end as order_1,
        order_1 + draw_wait(draws, 40, nullif(arms.repeat, 0)) as order_2,
        case when draw(draws, 41) < arms.refund
            then order_1 + draw_wait(draws, 42, 1 / arms.refund_delay) end as refund_1,
        case when draw(draws, 43) < arms.refund
            then order_2 + draw_wait(draws, 44, 1 / arms.refund_delay) end as refund_2,
        classes.spend * arms.amount as median,
        classes.spread
    from jump_4 as u
    inner join arms on arms.arm_id = u.arm_id
    inner join classes on classes.class_id = u.class_id
)

select
    days.* exclude (need, touchpoint, trust, order_1, order_2, refund_1, refund_2, median, spread),
    case when need < $horizon then micros(need) end as need_at,
    case when touchpoint < $horizon then micros(touchpoint) end as touchpoint_at,
    case when trust < $horizon then micros(trust) end as trust_at,
    case when order_1 < $horizon then micros(order_1) end as order_1_at,
    case when order_2 < $horizon then micros(order_2) end as order_2_at,
    case when refund_1 < $horizon then micros(refund_1) end as refund_1_at,
    case when refund_2 < $horizon then micros(refund_2) end as refund_2_at,
    greatest(1, round(100 * median * exp(spread * draw_normal(draws, 50))))::bigint as cents_1,
    greatest(1, round(100 * median * exp(spread * draw_normal(draws, 52))))::bigint as cents_2
from days;
