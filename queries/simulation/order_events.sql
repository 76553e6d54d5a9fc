-- order_events.sql: orders and refunds. A refund gives back the whole amount of its order.
-- Grain:   one row per event; slots 10-13.
-- Reads:   journeys
insert into happenings by name
select unit, draws, platform, 10 as slot, 'purchase'::event as event,
    exposed_us + order_1_at as at_us, cents_1 as cents
from journeys
where order_1_at is not null

union all by name

select unit, draws, platform, 11 as slot, 'purchase'::event as event,
    exposed_us + order_2_at as at_us, cents_2 as cents
from journeys
where order_2_at is not null

union all by name

select unit, draws, platform, 12 as slot, 'refund'::event as event,
    exposed_us + refund_1_at as at_us, cents_1 as cents
from journeys
where refund_1_at is not null

union all by name

select unit, draws, platform, 13 as slot, 'refund'::event as event,
    exposed_us + refund_2_at as at_us, cents_2 as cents
from journeys
where refund_2_at is not null;
