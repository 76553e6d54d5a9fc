-- edges.sql: which part of a uniform draw belongs to which arm, and to which class of shopper.
-- Grain:   arm_edges, one row per arm; class_edges, one row per class: [lower, upper) of [0, 1].
-- Reads:   arms, classes
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
