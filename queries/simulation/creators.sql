-- creators.sql: the creators that units can meet, and how much more their followers buy.
-- Grain:   one row per creator.
-- Reads:   nothing
-- Binds:   $seed, $number, $spread (standard deviation of the logarithm of the effect)
-- Returns: creator, effect (log-normal with median 1), arm_draw (where creators are randomised)
create or replace temp table creators as
with

-- a stream of its own: units take words 1, 2, ... of the seed's, creators those of its complement
starts as (select mix64(xor($seed::ubigint, 18446744073709551615::ubigint)) as start),

numbered as (
    select creator::bigint as creator, word(start, creator + 1) as draws
    from range($number) as numbers (creator), starts
)

select
    creator,
    exp($spread::double * draw_normal(draws, 1)) as effect,
    draw(draws, 3) as arm_draw
from numbered;
