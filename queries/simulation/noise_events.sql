-- noise_events.sql: what a log holds beside the first time of every stage.
-- Grain:   one row per event; slots 20-39.
-- Reads:   journeys
-- Binds:   $horizon (days after first exposure), $creators (how many there are)
-- None of it may move a stage: it either meets no rule, or comes after the stage's first time, or
-- after the first order, when a stage counts no more.
insert into happenings by name
with

-- one row per kind of repeat: people come back to what they did
kinds_of_repeat (slot, event, stage, share, least_visible, least_dwell) as (
    values
        (0, 'search'::event, 'need', 0.55, null, null),
        (1, 'cart'::event, 'need', 0.25, null, null),
        (2, 'product_view'::event, 'touchpoint', 0.65, null, null),
        (3, 'impression'::event, 'touchpoint', 0.65, 1000, null),
        (4, 'review_read'::event, 'trust', 0.45, null, 3000)
),

repeats as (
    select
        unit, draws, platform, exposed_us, slot, event,
        case stage when 'need' then need_at when 'touchpoint' then touchpoint_at else trust_at end
            + micros(draw_wait(draws, 120 + slot, 0.4)) as later_us,
        least_visible + draw_below(draws, 160, 5000) as visible_ms,
        least_dwell + draw_below(draws, 161, 30000) as dwell_ms
    from journeys
    cross join kinds_of_repeat
    where draw(draws, 140 + slot) < share
),

-- one row per kind of near miss: looks below a second, reviews below three
kinds_of_miss (slot, event, share, most_visible, most_dwell, below) as (
    values
        (0, 'impression'::event, 0.70, 999, null, 900),
        (1, 'impression'::event, 0.45, 999, null, 900),
        (2, 'impression'::event, 0.25, 999, null, 10),
        (3, 'review_read'::event, 0.30, null, 2999, 2500)
),

misses as (
    select
        unit, draws, platform, exposed_us, slot, event,
        draw(draws, 125 + slot) * $horizon as day,
        most_visible - draw_below(draws, 162 + slot, below) as visible_ms,
        most_dwell - draw_below(draws, 162 + slot, below) as dwell_ms
    from journeys
    cross join kinds_of_miss
    where draw(draws, 145 + slot) < share
),

-- one row per creator looked at in passing: never the unit's own one, no creator for 30 s, though
-- together for longer; one in ten rows does not know its creator
kinds_of_passing (slot, step, early) as (values (0, 1, 0.2), (1, 14, 1.0)),

passing as (
    select
        unit, draws, platform, exposed_us, slot,
        draw(draws, 130 + slot) * $horizon * early as day,
        16000 + draw_below(draws, 168 + slot, 13000) as watch_ms,
        case when draw(draws, 166 + slot) < 0.9
            then (creator + step + draw_below(draws, 170 + slot, 12)) % greatest($creators::bigint, 40) end as other
    from journeys
    cross join kinds_of_passing
    where draw(draws, 150) < 0.14
)

select unit, draws, platform, 20 + slot as slot, event,
    exposed_us + later_us as at_us, visible_ms, dwell_ms
from repeats
where later_us < micros($horizon)

union all by name

select unit, draws, platform, 25 + slot as slot, event,
    exposed_us + micros(day) as at_us, visible_ms, dwell_ms
from misses

union all by name

-- the second row that does not know its creator would add up with the first: 58 s of nobody
select unit, draws, platform, 30 + slot as slot, 'creator_watch'::event as event,
    exposed_us + micros(day) as at_us, watch_ms, other as creator
from passing
where slot = 0 or other is not null

union all by name

-- a stage that is first seen after the order cannot have led to it
select unit, draws, platform, 35 as slot,
    case when need_at is null then 'wishlist'::event
        when touchpoint_at is null then 'product_view'::event
        else 'creator_follow'::event end as event,
    exposed_us + order_1_at + micros(draw_wait(draws, 155, 0.5)) as at_us,
    case when need_at is not null and touchpoint_at is not null then creator end as creator
from journeys
where order_1_at is not null and draw(draws, 156) < 0.4
    and (need_at is null or touchpoint_at is null or trust_at is null)
    and order_1_at + micros(draw_wait(draws, 155, 0.5)) < micros($horizon);
