-- cluster_landmarks.sql: units of a cluster that completed an ordering in time, and converted soon after.
-- Grain:   one row per arm, maturity class, cluster, label, baseline state and stratum with any
-- Reads:   facts
-- Binds:   $strata: columns of the strata
-- Returns: arm, maturity, cluster, label, baseline, strata, lm_elig, lm_conv
select
    facts.arm,
    facts.maturity,
    facts.cluster,
    facts.label,
    facts.baseline,
    $strata,
    sum(facts.lm_elig) as lm_elig,
    sum(facts.lm_conv) as lm_conv
from facts
where facts.cluster is not null and facts.lm_elig = 1
group by facts.arm, facts.maturity, facts.cluster, facts.label, facts.baseline, $strata
