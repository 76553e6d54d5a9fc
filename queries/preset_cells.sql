-- preset_cells.sql: how many units took each ordering under a preset, and how many converted.
-- Grain:   one row per arm, maturity class and label that occurs
-- Reads:   facts
-- Binds:   $label: column of the label under the preset; $sums: of covariates over all and over
--          converted units
-- Returns: arm, maturity, label, units, converted, sums
select
    facts.arm,
    facts.maturity,
    $label as label,
    count(*) as units,
    sum(facts.converted) as converted,
    $sums
from facts
group by facts.arm, facts.maturity, $label
