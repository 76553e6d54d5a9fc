-- events.sql: what of the happenings of a block reached the log, and what time the log gives it.
-- Grain:   one row per delivery: 0.05% of events were delivered twice, with one event_id.
-- Reads:   happenings, journeys, arms
-- Binds:   $batch, $skew (microseconds), $log_end (microseconds, UTC: what is later is not there)
-- Returns: unit, slot, shopper_id, event, at_us (what the log says), received_us, visible_ms, dwell_ms,
--          watch_ms, creator, cents, platform; in order of time
create or replace temp table events as
with

-- one row per unit: how its client logs. A lost stage is lost for good: its first time would
-- otherwise only be moved
clients as (
    select
        unit,
        shopper_id,
        draw(draws, 26) < a.lost_need as lost_need,
        draw(draws, 27) < a.lost_touchpoint as lost_touchpoint,
        draw(draws, 28) < a.lost_trust as lost_trust,
        draw(draws, 29) < a.batched as batched,
        case when draw(draws, 241) < a.skewed
            then $skew::bigint * case when draw(draws, 242) < 0.5 then -1 else 1 end
            else 0 end as skew_us,
        a.duplicated
    from journeys as j
    inner join arms as a on a.arm_id = j.arm_id
),

-- one row per event that was logged; a batch has the time at which it was sent
logged as (
    select
        h.* exclude (draws, at_us, who),
        case when c.batched
            then (h.at_us + $batch::bigint - 1) // $batch::bigint * $batch::bigint
            else h.at_us end as sent_us,
        case h.who
            when 'shopper' then c.shopper_id
            when 'visitor' then 'v' || lpad(h.unit::varchar, 9, '0')
            else 'b' || lpad(h.unit::varchar, 9, '0')
        end as shopper_id,
        coalesce(c.skew_us, 0) as skew_us,
        coalesce(c.duplicated, 0.0005) as duplicated,
        word(h.draws, 1000 + h.slot) as delivery
    from happenings as h
    left join clients as c on c.unit = h.unit and h.who <> 'visitor'
    where h.at_us < $log_end::bigint
        and not coalesce(
            (c.lost_need and h.event in ('search', 'filter', 'wishlist', 'cart'))
            or (c.lost_touchpoint and h.event in ('product_view', 'impression'))
            or (c.lost_trust and h.event in ('review_read', 'creator_follow', 'creator_watch')),
            false
        )
),

-- one row per event: after 3 seconds on average, one in a thousand a day later
delivered as materialized (
    select
        * exclude (sent_us, skew_us),
        sent_us + skew_us as at_us,
        sent_us + micros(draw_wait(delivery, 1, 30000))
            + case when draw(delivery, 2) < 0.001 then micros(1 + draw(delivery, 3)) else 0 end
            as received_us
    from logged
)

select * exclude (delivery, duplicated) from delivered
union all by name
-- again, some minutes after the first
select * exclude (delivery, duplicated)
    replace (received_us + micros(draw_wait(delivery, 4, 100)) as received_us)
from delivered
where draw(delivery, 5) < duplicated
order by at_us, unit, slot, received_us;
