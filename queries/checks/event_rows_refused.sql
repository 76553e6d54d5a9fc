-- event_rows_refused.sql: event rows of analysed units that make a number wrong.
-- Grain:   one row
-- Reads:   events(unit, occurred_us, columns that the condition names), exposed
-- Binds:   $wrong: the condition; $watermark; $within: distances `d` at which rows count
-- Returns: rows
select count(*) as rows_read
from (
    select wrong.occurred_us - exposed.t0 as d
    from (
        select events.unit, events.occurred_us
        from events
        where events.occurred_us < $watermark and $wrong
    ) as wrong
    inner join exposed on wrong.unit = exposed.unit
    where exposed.analysed
) as placed
where $within
