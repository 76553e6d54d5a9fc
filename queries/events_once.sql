-- events_once.sql: the event log without duplicates.
-- Grain:   one row per event: of rows with equal unit and event_id the one received first, then the
--          smallest; rows without an id are all kept
-- Reads:   events(unit, event_id, occurred_us, $columns), repeated_events
-- Binds:   $columns: those that the experiment reads; $order: received first, then the values
-- Returns: $columns
with

-- one row per event that was logged once or has no id
single as (
    select $single
    from events
    left join repeated_events
        on events.unit = repeated_events.unit and events.event_id = repeated_events.event_id
    where repeated_events.unit is null and events.occurred_us < $watermark
),

-- one row per copy of the others, numbered within its event
copies as (
    select
        $single,
        row_number() over (
            partition by events.unit, events.event_id
            order by $order
        ) as copy
    from events
    inner join repeated_events
        on events.unit = repeated_events.unit and events.event_id = repeated_events.event_id
    where events.occurred_us < $watermark
)

select $columns from single
union all
select $columns from copies
where copies.copy = 1
