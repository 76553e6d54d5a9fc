-- units.sql: people under an arm: the one that was drawn for them, or one that is named.
-- Grain:   one row per unit of the block.
-- Reads:   people, arms, missing
-- Binds:   $arm_id (null: as drawn), $by_creator (as in people.sql), $start, $stop (microseconds,
--          UTC: first exposures lie in between)
-- Returns: the columns of people, with arm_id, cell (arm and class), zeal, exposed_us,
--          shows_creator, is_missing (no row of exposure is written)
-- The draws are those of the person under every arm: potential outcomes by common random numbers.
create or replace temp table units as
select
    p.* exclude (drawn_arm_id, own_zeal, effect, entry_draw),
    a.arm_id,
    a.arm_id * 64 + p.class_id as cell,
    $by_creator::boolean as by_creator,
    a.channel = 'influencer' or by_creator as shows_creator,
    p.own_zeal * case when shows_creator then p.effect else 1 end as zeal,
    $start::bigint + a.starts_after * 86400000000
        + floor(p.entry_draw * ($stop::bigint - $start::bigint - a.starts_after * 86400000000))
            ::bigint as exposed_us,
    coalesce(draw(p.draws, 23) < m.share, false) as is_missing
from people as p
inner join arms as a on a.arm_id = coalesce($arm_id::integer, p.drawn_arm_id)
left join missing as m on m.arm_id = a.arm_id and m.class_id = p.class_id;
