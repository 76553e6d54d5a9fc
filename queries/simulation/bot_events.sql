-- bot_events.sql: scripts that were exposed like shoppers, and look at sixty things in a minute.
-- Grain:   one row per event; slots 100-159.
-- Reads:   journeys, arms
insert into happenings by name
select unit, draws, 'bot' as who, 'desktop' as platform, 100 + n.number as slot,
    'product_view' as event, exposed_us + 1000000 * (1 + n.number) as at_us
from journeys
inner join arms on arms.arm_id = journeys.arm_id
cross join range(60) as n (number)
where draw(draws, 25) < arms.bots;
