-- preset_pairs.sql: which labels the same units have under two sets of stage rules.
-- Grain:   one row per arm, maturity class and pair of labels that occurs
-- Reads:   facts
-- Binds:   $one, $other: columns of the labels under the two
-- Returns: arm, maturity, one label, other label, units, converted
select
    facts.arm,
    facts.maturity,
    $one as one_label,
    $other as other_label,
    count(*) as units,
    sum(facts.converted) as converted
from facts
group by facts.arm, facts.maturity, $one, $other
