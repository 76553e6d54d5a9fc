-- carried_events.sql: the stages that a unit held when it was exposed, as its past shows them.
-- Grain:   one row per event; slots 50-52.
-- Reads:   journeys
-- Within the shortest lookback of the worked example (28 days), and in the order in which they were
-- acquired, which no label tells: what is held has no order within the window (methods 1.4, E2).
insert into happenings by name
with

-- one row per stage: its rank among what was held at exposure, 0 for none
ranks as (
    select unit, draws, platform, exposed_us, creator, 0 as slot, 'wishlist' as event,
        state_0 // 16 as rank, null as creator_shown
    from journeys
    where state_0 > 0
    union all by name
    select unit, draws, platform, exposed_us, creator, 1 as slot, 'product_view' as event,
        state_0 // 4 % 4 as rank
    from journeys
    where state_0 > 0
    union all by name
    select unit, draws, platform, exposed_us, creator, 2 as slot, 'creator_follow' as event,
        state_0 % 4 as rank, creator as creator_shown
    from journeys
    where state_0 > 0
)

-- rank 1 lies 18 to 27 days back, rank 2 9 to 18, rank 3 up to 9
select unit, draws, platform, 50 + slot as slot, event,
    exposed_us - micros(27 - 9 * rank + 9 * draw(draws, 250 + slot)) as at_us,
    creator_shown as creator
from ranks
where rank > 0;
