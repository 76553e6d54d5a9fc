-- cells.sql: how many units took each ordering, and how many of them converted.
-- Grain:   one row per arm, maturity class, label, baseline state and stratum that occurs
-- Reads:   facts
-- Binds:   $strata: columns of the strata; $sums: of covariates over all and over converted units
-- Returns: arm, maturity, label, baseline, strata, units, converted, sums
select
    facts.arm,
    facts.maturity,
    facts.label,
    facts.baseline,
    $strata,
    count(*) as units,
    sum(facts.converted) as converted,
    $sums
from facts
group by facts.arm, facts.maturity, facts.label, facts.baseline, $strata
