-- unit_facts.sql: all that the tables of statistics are made of.
-- Grain:   one row per analysed unit
-- Reads:   observed(i, t0, arm, purchase_d, stage distances, what is kept)
-- Binds:   $reached: stages that are not after the first purchase; $cells: these on the grid on which
--          stages are compared; $label, $at_start: from the two; $maturity, $day: from t0;
--          $kept: columns handed through
-- Returns: i, arm, maturity (how many lengths are over), day (position), label (code), at_start (the
--          first stage lies at t0), converted (0 or 1), then what is kept
with

-- one row per analysed unit: a stage first met after the purchase cannot have led to it
reached as (
    select observed.*, $reached
    from observed
),

-- the same: stages on the absolute grid, where the same cell is a tie
placed as (
    select reached.*, $cells
    from reached
)

select
    placed.i,
    placed.arm,
    $maturity as maturity,
    $day as day,
    $label as label,
    $at_start as at_start,
    case when placed.purchase_d is not null then 1 else 0 end as converted,
    $kept
from placed
