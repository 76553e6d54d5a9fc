-- units.sql: who is in the experiment, in which arm, since when.
-- Grain:   one row per unit of the block [$first_unit, $last_unit).
-- Reads:   arm_edges, class_edges, classes
-- Binds:   $seed, $first_unit, $last_unit (numbers of units), $start, $stop (microseconds, UTC:
--          first exposures lie in between)
-- Returns: unit, draws (start of the unit's draws), cell, arm, class, what an exposure row shows
-- The arm is a random draw with the arms' planned units as weights: counts scatter as in life.
-- Country and platform are draws of their own and move no rate: the truth holds within each level.
create or replace temp table units as
with

-- materialized here and below: inlined, every use of a draw would spell out all it comes from
starts as materialized (
    select mix64($seed::ubigint) as start
),

numbered as materialized (
    select unit::bigint as unit, word(start, unit + 1) as draws
    from range($first_unit, $last_unit) as numbers (unit), starts
),

drawn as materialized (
    select
        unit,
        draws,
        draw(draws, 1) as arm_draw,
        draw(draws, 2) as class_draw,
        draw(draws, 4) as prior_draw,
        draw_normal(draws, 5) as prior_normal,
        draw(draws, 7) as country_draw,
        draw(draws, 8) as platform_draw
    from numbered
)

select
    drawn.unit,
    drawn.draws,
    a.arm_id * 64 + c.class_id as cell,
    a.arm_id,
    c.class_id,
    's' || lpad(drawn.unit::varchar, 9, '0') as shopper_id,
    $start::bigint + draw_below(draws, 3, $stop::bigint - $start::bigint) as exposed_us,
    -- spent in the year before exposure, in cents: known before, and telling
    case
        when drawn.prior_draw < c.prior
            then round(100 * c.prior_spend * exp(c.prior_spread * prior_normal))::bigint
        else 0
    end as prior_cents,
    case
        when country_draw < 0.38 then 'DE'
        when country_draw < 0.62 then 'FR'
        when country_draw < 0.80 then 'ES'
        when country_draw < 0.92 then 'NL'
        else 'AT'
    end as country,
    case
        when platform_draw < 0.55 then 'app'
        when platform_draw < 0.85 then 'mobile_web'
        else 'desktop'
    end as platform,
    c.is_returning,
    -- the creator that a unit meets: drawn for it, in the influencer channel part of the exposure
    draw_below(draws, 9, 40) as creator,
    a.channel = 'influencer' as shows_creator
from drawn
inner join arm_edges as a on drawn.arm_draw >= a.lower and drawn.arm_draw < a.upper
inner join class_edges as e on drawn.class_draw >= e.lower and drawn.class_draw < e.upper
inner join classes as c on c.class_id = e.class_id;
