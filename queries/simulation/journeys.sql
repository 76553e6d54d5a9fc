-- journeys.sql: what happens to every unit, by five clocks that the unit has once, for every arm.
-- Grain:   one row per unit of the block.
-- Reads:   units, jump_rates, arms, classes
-- Binds:   $horizon (days after first exposure; what lies behind it is null)
-- Returns: the unit's columns; need_at, touchpoint_at, trust_at, order_1_at, order_2_at,
--          refund_1_at, refund_2_at (microseconds after first exposure, null if never);
--          cents_1, cents_2 (amounts of the orders)
-- Each clock holds an exponential amount of 1 on average and is used up at the rate of jump_rates:
-- with one rate it rings after E / rate days. The amounts are the unit's, the rates the arm's, so
-- the same unit under another arm is the same person (common random numbers, methods 6.1).
-- At most four jumps: three stages, then an order or churn. A unit that is gone meets no row of
-- jump_rates, so that all that follows is null. Each jump has its own column names: an alias loses
-- against a column of the same name.
create or replace temp table journeys as
with

-- what is left on the clocks at exposure; who is twice as fast has half as much
jump_0 as materialized (
    select
        units.*,
        draw_wait(draws, 30, pace) as n_0,
        draw_wait(draws, 31, pace) as t_0,
        draw_wait(draws, 32, pace) as r_0,
        draw_wait(draws, 33, zeal) as p_0,
        draw_wait(draws, 34, 1) as x_0,
        0 as day_0
    from units
),

jump_1 as (
    select
        u.*,
        least(n_0 / j.need, t_0 / j.touchpoint, r_0 / j.trust, p_0 / j.purchase, x_0 / j.churn)
            as wait_1,
        case wait_1
            when n_0 / j.need then 'n'
            when t_0 / j.touchpoint then 't'
            when r_0 / j.trust then 'r'
            when p_0 / j.purchase then 'p'
            when x_0 / j.churn then 'x'
        end as what_1,
        day_0 + wait_1 as day_1,
        n_0 - wait_1 * coalesce(j.need, 0) as n_1,
        t_0 - wait_1 * coalesce(j.touchpoint, 0) as t_1,
        r_0 - wait_1 * coalesce(j.trust, 0) as r_1,
        p_0 - wait_1 * coalesce(j.purchase, 0) as p_1,
        x_0 - wait_1 * coalesce(j.churn, 0) as x_1,
        j.state + (j.held + 1) * case what_1 when 'n' then 16 when 't' then 4 when 'r' then 1 end
            as state_1
    from jump_0 as u
    left join jump_rates as j on j.cell = u.cell and j.state = u.state_0
),

jump_2 as (
    select
        u.*,
        least(n_1 / j.need, t_1 / j.touchpoint, r_1 / j.trust, p_1 / j.purchase, x_1 / j.churn)
            as wait_2,
        case wait_2
            when n_1 / j.need then 'n'
            when t_1 / j.touchpoint then 't'
            when r_1 / j.trust then 'r'
            when p_1 / j.purchase then 'p'
            when x_1 / j.churn then 'x'
        end as what_2,
        day_1 + wait_2 as day_2,
        n_1 - wait_2 * coalesce(j.need, 0) as n_2,
        t_1 - wait_2 * coalesce(j.touchpoint, 0) as t_2,
        r_1 - wait_2 * coalesce(j.trust, 0) as r_2,
        p_1 - wait_2 * coalesce(j.purchase, 0) as p_2,
        x_1 - wait_2 * coalesce(j.churn, 0) as x_2,
        j.state + (j.held + 1) * case what_2 when 'n' then 16 when 't' then 4 when 'r' then 1 end
            as state_2
    from jump_1 as u
    left join jump_rates as j on j.cell = u.cell and j.state = u.state_1
),

jump_3 as (
    select
        u.*,
        least(n_2 / j.need, t_2 / j.touchpoint, r_2 / j.trust, p_2 / j.purchase, x_2 / j.churn)
            as wait_3,
        case wait_3
            when n_2 / j.need then 'n'
            when t_2 / j.touchpoint then 't'
            when r_2 / j.trust then 'r'
            when p_2 / j.purchase then 'p'
            when x_2 / j.churn then 'x'
        end as what_3,
        day_2 + wait_3 as day_3,
        n_2 - wait_3 * coalesce(j.need, 0) as n_3,
        t_2 - wait_3 * coalesce(j.touchpoint, 0) as t_3,
        r_2 - wait_3 * coalesce(j.trust, 0) as r_3,
        p_2 - wait_3 * coalesce(j.purchase, 0) as p_3,
        x_2 - wait_3 * coalesce(j.churn, 0) as x_3,
        j.state + (j.held + 1) * case what_3 when 'n' then 16 when 't' then 4 when 'r' then 1 end
            as state_3
    from jump_2 as u
    left join jump_rates as j on j.cell = u.cell and j.state = u.state_2
),

jump_4 as (
    select
        u.*,
        least(n_3 / j.need, t_3 / j.touchpoint, r_3 / j.trust, p_3 / j.purchase, x_3 / j.churn)
            as wait_4,
        case wait_4
            when n_3 / j.need then 'n'
            when t_3 / j.touchpoint then 't'
            when r_3 / j.trust then 'r'
            when p_3 / j.purchase then 'p'
            when x_3 / j.churn then 'x'
        end as what_4,
        day_3 + wait_4 as day_4
    from jump_3 as u
    left join jump_rates as j on j.cell = u.cell and j.state = u.state_3
),

-- when each thing happened, in days after first exposure
days as (
    select
        u.* exclude (
            day_0, n_0, t_0, r_0, p_0, x_0,
            state_1, day_1, n_1, t_1, r_1, p_1, x_1, wait_1, what_1,
            state_2, day_2, n_2, t_2, r_2, p_2, x_2, wait_2, what_2,
            state_3, day_3, n_3, t_3, r_3, p_3, x_3, wait_3, what_3,
            day_4, wait_4, what_4
        ),
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
