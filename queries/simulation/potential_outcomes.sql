-- potential_outcomes.sql: what became of every unit of a block under one arm, its own or another.
-- Grain:   one row per unit.
-- Reads:   journeys (under the arm), people, arms
-- Binds:   $window (days), $path
-- Returns: shopper_id, arm, assigned (whether the arm is the one that was drawn for the unit), label
--          (stages after exposure and no later than the first order, joined by >), converted,
--          need_at, touchpoint_at, trust_at, order_at (microseconds after exposure; null if never)
copy (
    select
        j.shopper_id,
        arms.arm,
        j.arm_id = p.drawn_arm_id as assigned,
        -- stages in the order of their times; no two are equal but by chance of 1 in 10^11
        array_to_string(list_transform(
            list_sort(list_filter(
                [
                    {'at': j.need_at, 'stage': 'need'},
                    {'at': j.touchpoint_at, 'stage': 'touchpoint'},
                    {'at': j.trust_at, 'stage': 'trust'}
                ],
                lambda one: one.at < least(coalesce(j.order_1_at + 1, $window::bigint * 86400000000),
                    $window::bigint * 86400000000)
            )),
            lambda one: one.stage
        ), '>') as label,
        coalesce(j.order_1_at < $window::bigint * 86400000000, false) as converted,
        j.need_at,
        j.touchpoint_at,
        j.trust_at,
        j.order_1_at as order_at
    from journeys as j
    inner join people as p on p.unit = j.unit
    inner join arms on arms.arm_id = j.arm_id
    order by j.unit
) to $path (format parquet, compression zstd);
