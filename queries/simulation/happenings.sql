-- happenings.sql: where the files *_events.sql put what they make, before it is a log.
-- Grain: one row per event. at_us is microseconds since 1970, UTC; slot tells the events of a unit
--        apart, below 256; creator is a number; cents is an amount.
create or replace temp table happenings (
    unit bigint, draws ubigint, slot integer, shopper_id varchar, platform varchar, event varchar,
    at_us bigint, visible_ms bigint, dwell_ms bigint, watch_ms bigint, creator bigint, cents bigint
);
