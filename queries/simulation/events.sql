-- events.sql: the event rows of a block, as journeys.yaml names them.
-- Grain:   one row per delivery: 0.05% of events were delivered twice, with one event_id.
-- Reads:   happenings
-- Returns: shopper_id, event, occurred_at, event_id, received_at, visible_ms, dwell_ms, watch_ms,
--          creator_id, amount, platform; in order of time
create or replace temp table events as
with

-- one row per event
numbered as (
    select *, word(draws, 1000 + slot) as delivery
    from happenings
),

-- one row per delivery: after 3 seconds on average, one in a thousand a day later; a second one
-- some minutes after the first
deliveries as (
    select
        numbered.*,
        at_us + micros(draw_wait(delivery, 1, 30000))
            + case when draw(delivery, 2) < 0.001 then micros(1 + draw(delivery, 3)) else 0 end
            + case when again then micros(draw_wait(delivery, 4, 100)) else 0 end as received_us
    from numbered
    cross join (values (false), (true)) as copies (again)
    where not again or draw(delivery, 5) < 0.0005
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
