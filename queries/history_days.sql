-- history_days.sql: how many different units had come by when.
-- Grain:   one row per day since the first instant
-- Reads:   exposed(exposed_at)
-- Binds:   $start: the first instant
-- Returns: day (0 is the first), units
select (epoch_us(exposed.exposed_at) - $start) // 86400000000 as day, count(*) as units
from exposed
group by day
order by day
