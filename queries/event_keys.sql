-- event_keys.sql: the ids of events as hashes, for the few that stand there more than once.
-- Grain:   one row per event row that is read
-- Reads:   events(event_id, occurred_us)
-- Binds:   $watermark: rows at or after it are not read; $key: the id as a hash, 0 for NULL;
--          $parts, $part: read in so many parts, this one
-- Returns: k
select $key as k
from events
where events.occurred_us < $watermark and $key % $parts = $part
