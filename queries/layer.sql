-- layer.sql: the same sums once by all keys together, so that every table adds up few rows.
-- Grain:   one row per combination of arm, maturity class, day and segment levels that occurs
-- Reads:   facts
-- Binds:   as moments.sql
create or replace temp table layer as
select $keys, $sums
from facts
where $kept
group by $keys
