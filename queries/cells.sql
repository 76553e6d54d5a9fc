-- cells.sql: how many units took each ordering, and how many of them converted.
-- Grain:   one row per arm, maturity class, label, baseline state and stratum that occurs
-- Reads:   facts
-- Binds:   $strata: columns of the strata; $sums: of covariates over all and over converted units
-- Returns: arm, maturity, label, baseline, strata, units, converted, lm_elig (units that completed
--          their ordering a landmark before the end of the window), lm_conv (of them, those that
--          converted within a landmark of completing it), sums
select
    facts.arm,
    facts.maturity,
    facts.label,
    facts.baseline,
    $strata,
    count(*) as units,
    sum(facts.converted) as converted,
    sum(facts.lm_elig) as lm_elig,
    sum(facts.lm_conv) as lm_conv,
    $sums
from facts
group by facts.arm, facts.maturity, facts.label, facts.baseline, $strata
