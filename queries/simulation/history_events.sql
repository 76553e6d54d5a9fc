-- history_events.sql: what shoppers did before their first exposure.
-- Grain:   one row per event; slots 40-49.
-- Reads:   journeys
-- Stages held before exposure; half of them older than the lookback, so that it has to be kept.
-- Creators of the past are never those met after exposure: a running sum is the same, whether it
-- starts at first exposure or before. Who returns has a longer past, the arm has no part in it.
insert into happenings by name
with

past as (
    select j.*, h.slot, h.event, draw(draws, 180 + h.slot) * h.oldest as age,
        h.visible_ms, h.dwell_ms, h.watch_ms, h.past_creator
    from journeys as j,
        lateral (
            values
                (0, 'search', 0.07, 56, null, null, null, null),
                (1, 'wishlist', 0.04, 56, null, null, null, null),
                (2, 'product_view', 0.11, 56, null, null, null, null),
                (3, 'impression', 0.10, 56, 1000 + draw_below(draws, 200, 4000), null, null, null),
                (4, 'review_read', 0.04, 300, null, 3000 + draw_below(draws, 201, 9000), null, null),
                (5, 'creator_follow', 0.03, 300, null, null, null, 27 + draw_below(draws, 202, 5)),
                (6, 'creator_watch', 0.02, 300, null, null, 30000 + draw_below(draws, 203, 9000),
                    32 + draw_below(draws, 204, 5)),
                (7, 'impression', 0.40, 20, 999 - draw_below(draws, 205, 900), null, null, null)
        ) as h (slot, event, share, oldest, visible_ms, dwell_ms, watch_ms, past_creator)
    where draw(draws, 190 + h.slot) < h.share * case when is_returning then 1.6 else 0.8 end
)

select unit, draws, shopper_id, platform, 40 + slot as slot, event,
    exposed_us - micros(age) as at_us, visible_ms, dwell_ms, watch_ms,
    (creator + past_creator) % 40 as creator
from past

union all by name

-- some of what prior_spend adds up: mostly before the lookback
select unit, draws, shopper_id, platform, 48 as slot, 'purchase' as event,
    exposed_us - micros(case when draw(draws, 210) < 0.05 then 2 else 30 end
        + 60 * draw(draws, 211) * case when draw(draws, 210) < 0.05 then 0.4 else 1 end) as at_us,
    greatest(1, round(prior_cents * (0.3 + 0.7 * draw(draws, 212))))::bigint as cents
from journeys
where prior_cents > 0 and draw(draws, 213) < 0.4;
