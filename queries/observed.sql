-- observed.sql: every analysed unit with what it did.
-- Grain:   one row per analysed unit
-- Reads:   exposed, journeys, and accumulated sums where declared
-- Binds:   $columns: stage and purchase distances, baseline, metrics, covariates; $slice: which units
-- Returns: i, t0, arm, then the columns; a unit without event rows is here with zeros
select exposed.i, exposed.t0, exposed.arm, $columns
from exposed
left join journeys on exposed.i = journeys.i
where exposed.analysed and $slice
