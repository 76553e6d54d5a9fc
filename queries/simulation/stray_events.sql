-- stray_events.sql: visitors who were never exposed, half a percent as many as units.
-- Grain:   one row per event; slots 0-1 of their own numbers.
-- Reads:   nothing
-- Binds:   $seed, $first_unit, $last_unit, $all_units (numbers of units), $start, $log_end
--          (microseconds, UTC)
-- The very last one looks at something one second before the log ends. So the log says of itself
-- that it was kept until every unit had matured, however few units there are.
insert into happenings by name
with

starts as materialized (
    select mix64($seed::ubigint) as start
),

numbered as materialized (
    select unit::bigint as unit, word(start, unit + 1) as draws
    from range($first_unit, $last_unit) as numbers (unit), starts
),

visitors as materialized (
    select
        unit,
        draws,
        unit = $all_units::bigint - 1 as is_last
    from numbered
    where draw(draws, 220) < 0.005 or unit = $all_units::bigint - 1
)

select unit, draws, 'visitor' as who, 'desktop' as platform, 60 as slot, 'impression' as event,
    case when is_last then $log_end::bigint - 1000000
        else $start::bigint + draw_below(draws, 221, $log_end::bigint - $start::bigint - 1000000)
    end as at_us,
    400 as visible_ms
from visitors

union all by name

select unit, draws, 'visitor' as who, 'desktop' as platform, 61 as slot, 'search' as event,
    $start::bigint + draw_below(draws, 222, $log_end::bigint - $start::bigint - 1000000) as at_us
from visitors;
