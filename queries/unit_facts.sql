-- unit_facts.sql: all that the tables of statistics are made of.
-- Grain:   one row per analysed unit
-- Reads:   observed(i, t0, arm, purchase_d, stage distances, what is kept)
-- Binds:   $reached: stages that are not after the first purchase; $cells: these on the grid on which
--          stages are compared; $label, $at_start, $at_purchase: from the two; $other_labels: labels
--          under other rules for the stages; $eligible: the ordering was complete
--          early enough, $after: and converted soon after; $maturity, $day: from t0;
--          $kept: columns handed through
-- Returns: i, arm, maturity (how many lengths are over), day (position), label (code), at_start (the
--          first stage lies at t0), at_purchase (stages in the cell of the first purchase, as bits),
--          converted, lm_elig, lm_conv (0 or 1), then what is kept
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
),

-- the same: the ordering that the unit shows
labelled as (
    select placed.*, $label as label, $other_labels
    from placed
)

select
    labelled.i,
    labelled.arm,
    $maturity as maturity,
    $day as day,
    labelled.label,
    $at_start as at_start,
    $at_purchase as at_purchase,
    case when labelled.purchase_d is not null then 1 else 0 end as converted,
    case when $eligible then 1 else 0 end as lm_elig,
    case when $eligible and $after then 1 else 0 end as lm_conv,
    $kept
from labelled
