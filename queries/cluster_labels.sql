-- cluster_labels.sql: how many units of a cluster took each ordering, and how many converted.
-- Grain:   one row per arm, maturity class, cluster and label that occurs
-- Reads:   facts
-- Returns: arm, maturity, cluster, label, units, converted
select
    facts.arm,
    facts.maturity,
    facts.cluster,
    facts.label,
    count(*) as units,
    sum(facts.converted) as converted
from facts
where facts.cluster is not null
group by facts.arm, facts.maturity, facts.cluster, facts.label
