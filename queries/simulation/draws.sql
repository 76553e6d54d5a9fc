-- draws.sql: uniform draws that depend on a seed and a number, and on nothing else.
-- SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators") in
-- integers, not DuckDB's own hash(), which may change from version to version. Unit u of seed s
-- starts at word(mix64(s), u); its k-th draw is draw(start, k). Numbers of draws in use:
-- people.sql, units.sql, exposures.sql and events.sql 1-29 and 241-242, journeys.sql 30-59,
-- stage_events.sql 60-99, order_events.sql 100-119, noise_events.sql 120-179, history_events.sql
-- 180-219, stray_events.sql 220-239, carried_events.sql 250-259.

create or replace temp macro low64(z) as (z & 18446744073709551615::uhugeint)::ubigint;
create or replace temp macro mix_first(z) as
    low64(xor(z, z >> 30)::uhugeint * 13787848793156543929::uhugeint);
create or replace temp macro mix_second(z) as
    low64(xor(z, z >> 27)::uhugeint * 10723151780598845931::uhugeint);
create or replace temp macro mix_third(z) as xor(z, z >> 31);
create or replace temp macro mix64(z) as mix_third(mix_second(mix_first(z)));

-- the k-th word of the SplitMix64 stream that starts at a number; the step is 2^64 / golden ratio
create or replace temp macro word(start, k) as
    mix64(low64(start::uhugeint + k::uhugeint * 11400714819323198485::uhugeint));

-- 53 bits, centred in their cells: never 0 and never 1, so that a logarithm is finite
create or replace temp macro draw(start, k) as
    ((word(start, k) >> 11)::double + 0.5) * 1.1102230246251565e-16;

-- a whole number in [0, n)
create or replace temp macro draw_below(start, k, n) as floor(draw(start, k) * n)::bigint;

-- exponential with a rate, and a standard normal from draws k and k + 1 (Box and Muller 1958)
create or replace temp macro draw_wait(start, k, rate) as -ln(draw(start, k)) / rate;
create or replace temp macro draw_normal(start, k) as
    sqrt(-2 * ln(draw(start, k))) * cos(2 * pi() * draw(start, k + 1));

-- days as whole microseconds, at least one: nothing but the exposure lies at first exposure
create or replace temp macro micros(days) as 1 + floor((days) * 86400000000)::bigint;
