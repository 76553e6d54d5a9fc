-- identified.sql: rows of a source under the units that their ids belong to.
-- Grain:   one row per row of the source
-- Reads:   identities(alias, unit), source_rows
-- Binds:   $columns: those of the source, without its unit
-- Returns: the columns, and unit: that of the id where it has exactly one, which is no other unit's
--          id itself, else the id as logged. So a second time changes nothing.
with

-- one row per id
told as (
    select identities.alias, min(identities.unit) as unit, max(identities.unit) as last_unit
    from identities
    where identities.alias is not null and identities.unit is not null
    group by identities.alias
),

-- one row per id that belongs to one unit
known as (
    select told.alias, told.unit
    from told
    left join told as further on told.unit = further.alias
    where told.unit = told.last_unit
        and (further.alias is null or (further.unit = further.alias and further.last_unit = further.alias))
)

select $columns, coalesce(known.unit, source_rows.unit) as unit
from source_rows
left join known on source_rows.unit = known.alias
