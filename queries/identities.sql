-- identities.sql: what the table of identities holds.
-- Grain:   one row
-- Reads:   identities(alias, unit)
-- Returns: ids (but those of themselves), several (of them with several units), chained (of the others: their unit is itself
--          another unit's id), incomplete (rows without id or unit). The middle ones stay as logged.
with

-- one row per id
told as (
    select identities.alias, min(identities.unit) as unit, max(identities.unit) as last_unit
    from identities
    where identities.alias is not null and identities.unit is not null
    group by identities.alias
),

-- one row, also where the table has none
whole as (
    select count(*) - count(case when identities.alias is not null then identities.unit end) as incomplete
    from identities
),

-- one row
counted as (
    select
        count(*) filter (where told.unit <> told.alias or told.last_unit <> told.alias) as ids,
        count(*) filter (where told.unit <> told.last_unit) as several,
        count(*) filter (
            where told.unit = told.last_unit
                and (further.unit <> further.alias or further.last_unit <> further.alias)
        ) as chained
    from told
    left join told as further on told.unit = further.alias and told.unit <> told.alias
)

select counted.ids, counted.several, counted.chained, whole.incomplete
from counted
cross join whole
