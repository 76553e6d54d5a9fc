-- exposures.sql: the exposure rows of a block, as journeys.yaml maps them.
-- Grain:   one row per exposure; the earliest of a unit is the one that counts.
-- Reads:   journeys, arms, arm_edges
-- Binds:   $stop (microseconds, UTC): later second rows are cut; $log_end: all later ones are
-- Returns: shopper_id, arm, first_seen, prior_spend, country, platform, returning, creator_id
create or replace temp table exposures as
with

-- one row per unit whose exposure was logged. Late: only when the shopper checks out, or an hour
-- after the fact where it never does
first_rows as (
    select
        u.arm_id, shopper_id, prior_cents, country, platform, is_returning, creator, by_creator,
        shows_creator, draws,
        exposed_us + case when draw(draws, 24) < a.late
            then coalesce(order_1_at, 3600000000) else 0 end as exposed_us
    from journeys as u
    inner join arms as a on a.arm_id = u.arm_id
    where not is_missing
),

-- one row per second exposure: the same arm again for 1% of units; for 0.09% an arm drawn anew,
-- which is another one for two in three of them: some 0.05% of three even arms cross over
again as (
    select
        u.* exclude (arm_id, exposed_us, shows_creator),
        case when draw(draws, 12) < a.crossed then other.arm_id else u.arm_id end as arm_id,
        exposed_us + micros(draw_wait(draws, 13, 0.2)) as exposed_us,
        case when draw(draws, 12) < a.crossed
            then other.channel = 'influencer' or by_creator else shows_creator end as shows_creator
    from first_rows as u
    inner join arms as a on a.arm_id = u.arm_id
    inner join arm_edges as other
        on draw(u.draws, 14) >= other.lower and draw(u.draws, 14) < other.upper
    where draw(draws, 12) < a.crossed + a.repeated
),

-- one row per bot: it comes with a shopper, and is over in a minute
bots as (
    select
        u.arm_id, 'b' || lpad(unit::varchar, 9, '0') as shopper_id, 0 as prior_cents, country,
        'desktop'::platform as platform, false as is_returning, creator, shows_creator, exposed_us
    from journeys as u
    inner join arms as a on a.arm_id = u.arm_id
    where draw(draws, 25) < a.bots
),

every_row as (
    select * exclude (draws, by_creator) from first_rows
    union all by name
    select * exclude (draws, by_creator) from again
    where exposed_us < $stop::bigint
    union all by name
    select * from bots
)

select
    e.shopper_id,
    arms.arm,
    make_timestamptz(e.exposed_us) as first_seen,
    e.prior_cents / 100.0::double as prior_spend,
    e.country,
    e.platform::varchar as platform,
    e.is_returning as "returning",
    case when e.shows_creator
        then case when e.creator < 10 then 'c0' else 'c' end || e.creator::varchar
        end as creator_id
from every_row as e
inner join arms on arms.arm_id = e.arm_id
where e.exposed_us < $log_end::bigint
order by e.exposed_us, e.shopper_id, arms.arm;
