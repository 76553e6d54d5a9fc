-- write_events.sql: the events of a block, in their order, as one Parquet file named as
--                   journeys.yaml names its columns.
-- Grain:   as events.sql.
-- Reads:   events
-- Binds:   $path
copy (
    select
        shopper_id,
        event::varchar as event,
        make_timestamptz(at_us) as occurred_at,
        unit * 256 + slot as event_id,
        make_timestamptz(received_us) as received_at,
        visible_ms::bigint as visible_ms,
        dwell_ms::bigint as dwell_ms,
        watch_ms::bigint as watch_ms,
        case when creator < 10 then 'c0' else 'c' end || creator::varchar as creator_id,
        cents / 100.0::double as amount,
        platform::varchar as platform
    from events
) to $path (format parquet, compression zstd);
