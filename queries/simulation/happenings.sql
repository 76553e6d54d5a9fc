-- happenings.sql: where the files *_events.sql put what they make, before it is a log.
-- Grain: one row per event. at_us is microseconds since 1970, UTC; slot tells the events of a unit
--        apart, below 256; creator is a number; cents is an amount. Who it was follows from `who`
--        and unit, so that no text is carried until the file is written.
create or replace temp table happenings (
    unit bigint, draws ubigint, slot smallint, who who default 'shopper', platform platform, event event,
    at_us bigint, visible_ms integer, dwell_ms integer, watch_ms integer, creator integer,
    cents bigint
);
