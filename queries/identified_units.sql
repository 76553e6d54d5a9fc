-- identified_units.sql: how many analysed units have further ids, by arm.
-- Grain:   one row per arm with analysed units
-- Reads:   identities(alias, unit), exposed
-- Returns: arm, identified
with

-- one row per unit with a further id
linked as (
    select identities.unit
    from identities
    where identities.alias <> identities.unit
    group by identities.unit
)

select exposed.arm, count(linked.unit) as identified
from exposed
left join linked on exposed.unit = linked.unit
where exposed.analysed
group by exposed.arm
order by exposed.arm
