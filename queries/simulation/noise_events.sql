-- noise_events.sql: what a log holds beside the first time of every stage.
-- Grain:   one row per event; slots 20-39.
-- Reads:   journeys
-- Binds:   $horizon (days after first exposure)
-- None of it may move a stage: it either meets no rule, or comes after the stage's first time, or
-- after the first order, when a stage counts no more.
insert into happenings by name
with

-- one row per repeat of a stage: people come back to what they did
repeats as (
    select j.*, r.slot, r.event, r.after_us, r.visible_ms, r.dwell_ms,
        draw_wait(draws, 120 + r.slot, 0.4) as days_later,
        draw(draws, 140 + r.slot) < r.share as happens
    from journeys as j,
        lateral (
            values
                (0, 'search', need_at, null, null, 0.55),
                (1, 'cart', need_at, null, null, 0.25),
                (2, 'product_view', touchpoint_at, null, null, 0.65),
                (3, 'impression', touchpoint_at, 1000 + draw_below(draws, 160, 5000), null, 0.65),
                (4, 'review_read', trust_at, null, 3000 + draw_below(draws, 161, 30000), 0.45)
        ) as r (slot, event, after_us, visible_ms, dwell_ms, share)
),

-- one row per near miss: looks below a second, reviews below three
misses as (
    select j.*, m.slot, m.event, m.visible_ms, m.dwell_ms,
        draw(draws, 125 + m.slot) * $horizon as day,
        draw(draws, 145 + m.slot) < m.share as happens
    from journeys as j,
        lateral (
            values
                (0, 'impression', 999 - draw_below(draws, 162, 900), null, 0.70),
                (1, 'impression', 999 - draw_below(draws, 163, 900), null, 0.45),
                (2, 'impression', 999 - draw_below(draws, 164, 10), null, 0.25),
                (3, 'review_read', null, 2999 - draw_below(draws, 165, 2500), 0.30)
        ) as m (slot, event, visible_ms, dwell_ms, share)
),

-- one row per creator looked at in passing: never the unit's own one, no creator for 30 s, though
-- together for longer; one in ten rows does not know its creator
passing as (
    select j.*, w.slot, w.watch_ms,
        case when draw(draws, 166 + w.slot) < 0.9 then (creator + w.step) % 40 end as other,
        draw(draws, 130 + w.slot) * $horizon * w.early as day
    from journeys as j,
        lateral (
            values
                (0, 16000 + draw_below(draws, 168, 13000), 1 + draw_below(draws, 169, 12), 0.2),
                (1, 16000 + draw_below(draws, 170, 13000), 14 + draw_below(draws, 171, 12), 1.0)
        ) as w (slot, watch_ms, step, early)
    where draw(draws, 150) < 0.14
)

select unit, draws, shopper_id, platform, 20 + slot as slot, event,
    exposed_us + after_us + micros(days_later) as at_us, visible_ms, dwell_ms
from repeats
where happens and after_us is not null and after_us + micros(days_later) < micros($horizon)

union all by name

select unit, draws, shopper_id, platform, 25 + slot as slot, event,
    exposed_us + micros(day) as at_us, visible_ms, dwell_ms
from misses
where happens

union all by name

-- the second row that does not know its creator would add up with the first: 58 s of nobody
select unit, draws, shopper_id, platform, 30 + slot as slot, 'creator_watch' as event,
    exposed_us + micros(day) as at_us, watch_ms, other as creator
from passing
where slot = 0 or other is not null

union all by name

-- a stage that is first seen after the order cannot have led to it
select unit, draws, shopper_id, platform, 35 as slot,
    case when need_at is null then 'wishlist'
        when touchpoint_at is null then 'product_view'
        else 'creator_follow' end as event,
    exposed_us + order_1_at + micros(draw_wait(draws, 155, 0.5)) as at_us,
    case when need_at is not null and touchpoint_at is not null then creator end as creator
from journeys
where order_1_at is not null and draw(draws, 156) < 0.4
    and (need_at is null or touchpoint_at is null or trust_at is null)
    and order_1_at + micros(draw_wait(draws, 155, 0.5)) < micros($horizon);
