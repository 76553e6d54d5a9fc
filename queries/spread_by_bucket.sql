-- spread_by_bucket.sql: products of what holders got, from which any bucket can be left out.
-- Grain:   one row per arm and bucket of units
-- Reads:   spread
-- Binds:   nothing
-- Returns: arm, bucket, units, worth, own (squares of what holders got from the bucket, added up),
--          shared (that times what they got from all), within (squares of what single units gave
--          single holders), squares (of what single units gave in all)
with

-- one row per unit and holder that is known
known as (
    select spread.arm, spread.bucket, spread.unit, spread.holder, spread.worth
    from spread
    where spread.holder is not null
),

-- one row per arm, bucket and holder
held as (
    select known.arm, known.bucket, known.holder, sum(known.worth) as worth
    from known
    group by known.arm, known.bucket, known.holder
),

-- one row per arm and holder
whole as (
    select held.arm, held.holder, sum(held.worth) as worth
    from held
    group by held.arm, held.holder
),

-- one row per arm and bucket
products as (
    select
        held.arm,
        held.bucket,
        sum(held.worth * held.worth) as own,
        sum(held.worth * whole.worth) as shared
    from held
    inner join whole on held.arm = whole.arm and held.holder = whole.holder
    group by held.arm, held.bucket
),

-- one row per unit
units as (
    select
        known.arm,
        known.bucket,
        known.unit,
        sum(known.worth) as worth,
        sum(known.worth * known.worth) as within
    from known
    group by known.arm, known.bucket, known.unit
),

-- one row per arm and bucket
totals as (
    select
        units.arm,
        units.bucket,
        count(*) as units,
        sum(units.worth) as worth,
        sum(units.within) as within,
        sum(units.worth * units.worth) as squares
    from units
    group by units.arm, units.bucket
)

select
    totals.arm,
    totals.bucket,
    totals.units,
    totals.worth,
    products.own,
    products.shared,
    totals.within,
    totals.squares
from totals
inner join products on totals.arm = products.arm and totals.bucket = products.bucket
order by totals.arm, totals.bucket
