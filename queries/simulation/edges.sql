-- edges.sql: which part of a uniform draw belongs to which arm, class of shopper and carried state.
-- Grain:   arm_edges, one row per arm; class_edges, one row per class; carried_edges, one row per
--          ordering held before exposure, and one for none: [lower, upper) of [0, 1].
-- Reads:   arms, classes, carried
create or replace temp table arm_edges as
with running as (
    select arm_id, channel, sum(units) over (order by arm_id) / sum(units) over () as upper
    from arms
)
select *, lag(upper, 1, 0) over (order by arm_id) as lower from running;

create or replace temp table class_edges as
with running as (
    select
        class_id,
        case
            when class_id = max(class_id) over () then 1  -- whatever the last digit of the sum
            else sum(share) over (order by class_id)
        end as upper
    from classes
)
select *, lag(upper, 1, 0) over (order by class_id) as lower from running;

-- state as in jump_rates.sql: 16 * rank of need + 4 * of touchpoint + of trust
create or replace temp table carried_edges as
with

running as (select ordering, sum(share) over (order by ordering) as upper from carried),

bounded as (
    select ordering, upper, lag(upper, 1, 0) over (order by upper) as lower from running
    union all by name
    select '' as ordering, 2 as upper, coalesce(max(upper), 0) as lower from running
)

select
    lower,
    upper,
    (
        16 * coalesce(list_position(string_split(ordering, '>'), 'need'), 0)
        + 4 * coalesce(list_position(string_split(ordering, '>'), 'touchpoint'), 0)
        + coalesce(list_position(string_split(ordering, '>'), 'trust'), 0)
    )::integer as state_0
from bounded;
