-- history_events.sql: what shoppers did before their first exposure.
-- Grain:   one row per event; slots 40-49.
-- Reads:   journeys
-- Binds:   $creators (how many there are)
-- Stages held before exposure; half of them older than the lookback, so that it has to be kept.
-- Creators of the past are never those met after exposure: a running sum is the same, whether it
-- starts at first exposure or before. Who returns has a longer past, the arm has no part in it.
insert into happenings by name
with

-- one row per kind: its probability, its greatest age in days, what it shows at least
kinds (slot, event, share, oldest, least_visible, least_dwell, least_watch, step) as (
    values
        (0, 'search'::event, 0.07, 56, null, null, null, null),
        (1, 'wishlist'::event, 0.04, 56, null, null, null, null),
        (2, 'product_view'::event, 0.11, 56, null, null, null, null),
        (3, 'impression'::event, 0.10, 56, 1000, null, null, null),
        (4, 'review_read'::event, 0.04, 300, null, 3000, null, null),
        (5, 'creator_follow'::event, 0.03, 300, null, null, null, 27),
        (6, 'creator_watch'::event, 0.02, 300, null, null, 30000, 32),
        (7, 'impression'::event, 0.40, 20, 100, null, null, null)
),

past as (
    select
        unit, draws, platform, exposed_us, slot, event,
        draw(draws, 180 + slot) * oldest as age,
        least_visible + draw_below(draws, 200, 900) as visible_ms,
        least_dwell + draw_below(draws, 201, 9000) as dwell_ms,
        least_watch + draw_below(draws, 202, 9000) as watch_ms,
        (creator + step + draw_below(draws, 203, 5)) % greatest($creators::bigint, 40) as past_creator
    from journeys
    cross join kinds
    where draw(draws, 190 + slot) < share * case when is_returning then 1.6 else 0.8 end
)

select unit, draws, platform, 40 + slot as slot, event,
    exposed_us - micros(age) as at_us, visible_ms, dwell_ms, watch_ms,
    past_creator as creator
from past

union all by name

-- some of what prior_spend adds up: mostly before the lookback
select unit, draws, platform, 48 as slot, 'purchase'::event as event,
    exposed_us - micros(case when draw(draws, 210) < 0.05 then 2 else 30 end
        + 60 * draw(draws, 211) * case when draw(draws, 210) < 0.05 then 0.4 else 1 end) as at_us,
    greatest(1, round(prior_cents * (0.3 + 0.7 * draw(draws, 212))))::bigint as cents
from journeys
where prior_cents > 0 and draw(draws, 213) < 0.4;
