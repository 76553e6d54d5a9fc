-- read_journeys.sql: the rules of experiments/journeys.yaml, written again and only for tests.
-- Grain:   one row per unit.
-- Reads:   exposures, events (views of the Parquet)
-- Binds:   $window, $refund_window (days)
-- Returns: unit, arm, label (stages joined by >, in order of the raw clock), purchased, orders,
--          revenue in cents, refunded, first times of the stages in microseconds after exposure
with

-- one row per event id and unit: the one that was received first
kept as (
    select * from events
    qualify row_number() over (partition by shopper_id, event_id order by received_at) = 1
),

first_exposure as (
    select shopper_id, arm, epoch_us(first_seen) as t0, prior_spend, country, "returning"
    from exposures
    qualify row_number() over (partition by shopper_id order by first_seen) = 1
),

after_exposure as (
    select x.shopper_id as unit, x.t0, e.*, epoch_us(e.occurred_at) - x.t0 as since
    from kept as e
    inner join first_exposure as x on x.shopper_id = e.shopper_id
    where epoch_us(e.occurred_at) >= x.t0
),

-- one row per watch event, with the sum of its creator so far
watched as (
    select unit, since,
        sum(watch_ms) over (partition by unit, creator_id order by since, event_id) as so_far
    from after_exposure
    where event = 'creator_watch'
),

stage_times as (
    select
        unit,
        min(since) filter (where event in ('search', 'filter', 'wishlist', 'cart')) as need,
        min(since) filter (
            where event = 'product_view' or (event = 'impression' and visible_ms >= 1000)
        ) as touchpoint,
        min(since) filter (
            where (event = 'review_read' and dwell_ms >= 3000) or event = 'creator_follow'
        ) as told,
        min(since) filter (where event = 'purchase' and since > 0) as purchase,
        count(*) filter (
            where event = 'purchase' and since > 0 and since < $window * 86400000000
        ) as orders,
        sum(round(100 * amount)) filter (
            where event = 'purchase' and since > 0 and since < $window * 86400000000
        ) as revenue,
        count(*) filter (
            where event = 'refund' and since > 0 and since < $refund_window * 86400000000
        ) as refunds
    from after_exposure
    group by unit
),

crossed as (select unit, min(since) as watched from watched where so_far >= 30000 group by unit),

units as (
    select
        x.*,
        s.need,
        s.touchpoint,
        least(s.told, c.watched) as trust,
        least(s.purchase, $window * 86400000000 - 1) as until,
        coalesce(s.orders, 0) as orders,
        coalesce(s.revenue, 0)::bigint as revenue,
        coalesce(s.refunds, 0) > 0 as refunded
    from first_exposure as x
    left join stage_times as s on s.unit = x.shopper_id
    left join crossed as c on c.unit = x.shopper_id
)

select
    u.shopper_id as unit,
    u.arm,
    coalesce((
        select string_agg(w.stage, '>' order by w.since)
        from (
            values ('need', u.need), ('touchpoint', u.touchpoint), ('trust', u.trust)
        ) as w (stage, since)
        where w.since <= coalesce(u.until, $window * 86400000000 - 1)
    ), '') as label,
    u.orders > 0 as purchased,
    u.orders,
    u.revenue,
    u.refunded,
    u.need,
    u.touchpoint,
    u.trust,
    u.prior_spend,
    u.country,
    u."returning"
from units as u
