-- events.sql: the event rows of a block, as journeys.yaml names them.
-- Grain:   one row per delivery: 0.05% of events were delivered twice, with one event_id.
-- Reads:   happenings
-- Returns: shopper_id, event, occurred_at, event_id, received_at, visible_ms, dwell_ms, watch_ms,
--          creator_id, amount, platform; in order of time
create or replace temp table events as
with

-- one row per event: an event reaches the server within seconds, one in a thousand a day late
received as (
    select
        *,
        word(draws, 1000 + slot) as delivery,
        at_us + micros(draw_wait(delivery, 1, 1 / 0.00003)) + case
            when draw(delivery, 2) < 0.001 then micros(1 + draw(delivery, 3)) else 0 end
            as received_us
    from happenings
),

deliveries as (
    select * from received
    union all
    select * replace (received_us + micros(draw_wait(delivery, 4, 1 / 0.01)) as received_us)
    from received
    where draw(delivery, 5) < 0.0005
)

select
    shopper_id,
    event,
    make_timestamptz(at_us) as occurred_at,
    unit * 256 + slot as event_id,
    make_timestamptz(received_us) as received_at,
    visible_ms,
    dwell_ms,
    watch_ms,
    case when creator is not null then 'c' || lpad(creator::varchar, 2, '0') end as creator_id,
    cents / 100.0::double as amount,
    platform
from deliveries
order by at_us, event_id, received_us;
