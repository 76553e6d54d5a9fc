-- assignments.sql: what became of the units that were assigned to an arm.
-- Grain:   one row per first arm as assigned (NULL: never assigned) and arm as exposed (NULL: never)
-- Reads:   assignments(unit, assigned_us, arm), exclude_units(unit), exposed
-- Binds:   $watermark: rows at or after it are not read; $arm: number of the arm in file order;
--          $arms: how many arms; $in_period: whether a unit was assigned in the period; $before:
--          whether it was exposed before that
-- Returns: assigned, exposed, units, before (of them exposed before they were assigned)
with

-- one row per row of the assignments that is read
read as (
    select assignments.unit, assignments.assigned_us, $arm as arm
    from assignments
    where assignments.assigned_us < $watermark
),

-- one row per assigned unit; the first of its rows decides, of equal times the first arm in the file
decided as (
    select
        read.unit,
        min(read.assigned_us) as assigned_us,
        min(read.assigned_us * $arms + read.arm) % $arms as arm
    from read
    group by read.unit
),

-- one row per unit of the list of units to leave out
left_out as (
    select exclude_units.unit
    from exclude_units
    where exclude_units.unit is not null
    group by exclude_units.unit
),

-- one row per unit assigned in the period and not left out
assigned as (
    select decided.unit, decided.assigned_us, decided.arm
    from decided
    left join left_out on decided.unit = left_out.unit
    where $in_period and left_out.unit is null
),

-- one row per assigned unit, and one per analysed unit that was never assigned
met as (
    select
        assigned.arm as assigned,
        exposed.arm as exposed,
        $before as before
    from assigned
    left join exposed on assigned.unit = exposed.unit
    union all
    select null as assigned, exposed.arm as exposed, false as before
    from exposed
    left join decided on exposed.unit = decided.unit
    where exposed.analysed and decided.unit is null
)

select
    met.assigned,
    met.exposed,
    count(*) as units,
    count(*) filter (where met.before) as before
from met
group by met.assigned, met.exposed
order by met.assigned nulls last, met.exposed nulls last
