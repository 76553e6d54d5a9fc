-- unit_values_refused.sql: values of first rows that cannot be counted with.
-- Grain:   one row per arm
-- Reads:   exposed
-- Binds:   $doubts: one count of analysed units per rule
-- Returns: arm, the counts
select exposed.arm, $doubts
from exposed
where exposed.analysed
group by exposed.arm
order by exposed.arm
