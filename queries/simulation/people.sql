-- people.sql: who is in the experiment, whatever its arm does.
-- Grain:   one row per unit of the block [$first_unit, $last_unit).
-- Reads:   arm_edges, class_edges, classes, carried_edges, creators
-- Binds:   $seed, $first_unit, $last_unit (numbers of units), $creators (how many there are),
--          $by_creator (whether creators were randomised, and units go with theirs),
--          $frailty_stages, $frailty_purchase (deviations of the logarithms of pace and zeal)
-- Returns: unit, draws (start of the unit's draws), the arm that was drawn for it, class, state_0
--          (what it holds at exposure), pace and zeal (factors on its rates), what an exposure row
--          shows
-- The arm is a random draw with the arms' planned units as weights: counts scatter as in life.
-- Country and platform are draws of their own and move no rate: the truth holds within each level.
create or replace temp table people as
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
        draw(draws, 1) as own_arm_draw,
        draw(draws, 2) as class_draw,
        draw(draws, 3) as entry_draw,
        draw(draws, 4) as prior_draw,
        draw_normal(draws, 5) as prior_normal,
        draw(draws, 7) as country_draw,
        draw(draws, 8) as platform_draw,
        -- the creator that a unit meets: drawn for it, in the influencer channel part of exposure
        draw_below(draws, 9, $creators) as creator,
        draw_normal(draws, 20) as frailty,
        draw(draws, 22) as carried_draw
    from numbered
),

met as (
    select
        drawn.*,
        m.effect,
        case when $by_creator::boolean then m.arm_draw else own_arm_draw end as arm_draw
    from drawn
    inner join creators as m on m.creator = drawn.creator
)

select
    met.unit,
    met.draws,
    a.arm_id as drawn_arm_id,
    c.class_id,
    h.state_0,
    exp($frailty_stages::double * frailty) as pace,
    exp($frailty_purchase::double * frailty) as own_zeal,
    met.effect,
    met.entry_draw,
    's' || lpad(met.unit::varchar, 9, '0') as shopper_id,
    -- spent in the year before exposure, in cents: known before, and telling
    case
        when met.prior_draw < c.prior
            then round(100 * c.prior_spend * exp(c.prior_spread * prior_normal))::bigint
        else 0
    end as prior_cents,
    (case
        when country_draw < 0.38 then 'DE'
        when country_draw < 0.62 then 'FR'
        when country_draw < 0.80 then 'ES'
        when country_draw < 0.92 then 'NL'
        else 'AT'
    end) as country,
    (case
        when platform_draw < 0.55 then 'app'
        when platform_draw < 0.85 then 'mobile_web'
        else 'desktop'
    end)::platform as platform,
    c.is_returning,
    met.creator
from met
inner join arm_edges as a on met.arm_draw >= a.lower and met.arm_draw < a.upper
inner join class_edges as e on met.class_draw >= e.lower and met.class_draw < e.upper
inner join classes as c on c.class_id = e.class_id
inner join carried_edges as h on met.carried_draw >= h.lower and met.carried_draw < h.upper;
