-- cluster_labels.sql: how many units of a cluster took each ordering, and how many converted.
-- Grain:   one row per arm, maturity class, cluster, baseline state and label that occurs
-- Reads:   facts
-- Binds:   $baseline: the state, or 0 where states are not read by cluster; $label: column of the
--          label
-- Returns: arm, maturity, cluster, baseline, label, units, converted
with

-- one row per unit of an arm with clusters
placed as (
    select
        facts.arm,
        facts.maturity,
        facts.cluster,
        $baseline as baseline,
        $label as label,
        facts.converted
    from facts
    where facts.cluster is not null
)

select
    placed.arm,
    placed.maturity,
    placed.cluster,
    placed.baseline,
    placed.label,
    count(*) as units,
    sum(placed.converted) as converted
from placed
group by placed.arm, placed.maturity, placed.cluster, placed.baseline, placed.label
