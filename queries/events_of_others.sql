-- events_of_others.sql: event rows of units that were exposed but are not analysed.
-- Grain:   one row
-- Reads:   events(unit, occurred_us), exposed
-- Binds:   $watermark: rows at or after it are not read
-- Returns: rows
select count(*) as rows_read
from events
inner join exposed on events.unit = exposed.unit
where not exposed.analysed and events.occurred_us < $watermark
