-- exposures.sql: the exposure rows of a block, as journeys.yaml maps them.
-- Grain:   one row per exposure; the earliest of a unit is the one that counts.
-- Reads:   units, arms, arm_edges
-- Binds:   $stop (microseconds, UTC): later rows are cut
-- Returns: shopper_id, arm, first_seen, prior_spend, country, platform, returning, creator_id
create or replace temp table exposures as
with

-- one row per second exposure: the same arm again for 1% of units; for 0.09% an arm drawn anew,
-- which is another one for two in three of them: some 0.05% of three even arms cross over
again as (
    select
        u.* exclude (arm_id, exposed_us, shows_creator),
        case when draw(draws, 12) < 0.0009 then other.arm_id else u.arm_id end as arm_id,
        exposed_us + micros(draw_wait(draws, 13, 0.2)) as exposed_us,
        case when draw(draws, 12) < 0.0009 then other.channel = 'influencer' else shows_creator end
            as shows_creator
    from units as u
    inner join arm_edges as other
        on draw(u.draws, 14) >= other.lower and draw(u.draws, 14) < other.upper
    where draw(draws, 12) < 0.0109
),

rows_of_units as (
    select arm_id, shopper_id, exposed_us, prior_cents, country, platform, is_returning, creator,
        shows_creator
    from units
    union all
    select arm_id, shopper_id, exposed_us, prior_cents, country, platform, is_returning, creator,
        shows_creator
    from again
    where exposed_us < $stop::bigint
)

select
    e.shopper_id,
    arms.arm,
    make_timestamptz(e.exposed_us) as first_seen,
    e.prior_cents / 100.0::double as prior_spend,
    e.country,
    e.platform,
    e.is_returning as "returning",
    case when e.shows_creator then 'c' || lpad(e.creator::varchar, 2, '0') end as creator_id
from rows_of_units as e
inner join arms on arms.arm_id = e.arm_id
order by e.exposed_us, e.shopper_id, arms.arm;
