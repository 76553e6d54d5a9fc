-- stage_events.sql: the events by which a stage is first seen, at the very time of the chain.
-- Grain:   one row per event; slots 0-5.
-- Reads:   journeys, arms
-- A stage has several rules; each channel shows it mostly through its own, and every rule fires in
-- every channel. Thresholds are met exactly at times: 1000 ms, 3000 ms, a sum of 30000 ms.
insert into happenings by name
with

-- one row per channel: cumulated shares of the rules that show a stage (the rest: the last rule)
channels (channel, search, filter, wishlist, product_view, review_read, creator_follow) as (
    values
        ('search', 0.60, 0.78, 0.83, 0.70, 0.70, 0.80),
        ('content', 0.15, 0.25, 0.60, 0.35, 0.30, 0.50),
        ('influencer', 0.15, 0.25, 0.55, 0.50, 0.15, 0.55)
),

-- one row per unit: which rule shows each stage
shown as (
    select
        j.*,
        case
            when draw(draws, 60) < c.search then 'search'::event
            when draw(draws, 60) < c.filter then 'filter'::event
            when draw(draws, 60) < c.wishlist then 'wishlist'::event
            else 'cart'::event
        end as need_event,
        case when draw(draws, 61) < c.product_view then 'product_view'::event else 'impression'::event end
            as touchpoint_event,
        case
            when draw(draws, 62) < c.review_read then 'review_read'::event
            when draw(draws, 62) < c.creator_follow then 'creator_follow'::event
            else 'creator_watch'::event
        end as trust_event,
        -- watched in one or two sittings before the one that reaches 30 s; 26 s at most
        4000 + draw_below(draws, 63, 9000) as sitting_1,
        case when draw(draws, 64) < 0.5 then 4000 + draw_below(draws, 65, 9000) end as sitting_2
    from journeys as j
    inner join arms on arms.arm_id = j.arm_id
    inner join channels as c on c.channel = arms.channel
)

select unit, draws, platform, 0 as slot, need_event as event,
    exposed_us + need_at as at_us
from shown
where need_at is not null

union all by name

select unit, draws, platform, 1 as slot, touchpoint_event as event,
    exposed_us + touchpoint_at as at_us,
    case when touchpoint_event = 'impression'
        then 1000 + case when draw(draws, 66) < 0.9 then draw_below(draws, 67, 6000) else 0 end
    end as visible_ms
from shown
where touchpoint_at is not null

union all by name

select unit, draws, platform, 2 as slot, trust_event as event,
    exposed_us + trust_at as at_us,
    case when trust_event = 'review_read'
        then 3000 + case when draw(draws, 68) < 0.9 then draw_below(draws, 69, 40000) else 0 end
    end as dwell_ms,
    case when trust_event = 'creator_watch'
        then 30000 - sitting_1 - coalesce(sitting_2, 0)
            + case when draw(draws, 70) < 0.9 then draw_below(draws, 71, 20000) else 0 end
    end as watch_ms,
    case when trust_event <> 'review_read' then creator end as creator
from shown
where trust_at is not null

union all by name

-- sittings before that: below 30 s in sum, spread over the time since first exposure
select unit, draws, platform, 3 as slot, trust_event as event,
    exposed_us + greatest(1, floor(trust_at * draw(draws, 72))::bigint) as at_us,
    sitting_1 as watch_ms, creator
from shown
where trust_at is not null and trust_event = 'creator_watch'

union all by name

select unit, draws, platform, 4 as slot, trust_event as event,
    exposed_us + greatest(1, floor(trust_at * draw(draws, 73))::bigint) as at_us,
    sitting_2 as watch_ms, creator
from shown
where trust_at is not null and trust_event = 'creator_watch' and sitting_2 is not null;
