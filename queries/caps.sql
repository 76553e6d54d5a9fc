-- caps.sql: the values at which winsorised metrics are capped: one per metric, for all arms.
-- Grain:   one row
-- Reads:   facts
-- Binds:   $caps: quantiles and counts over matured units of analysed arms with a non-zero total
-- Returns: a quantile and a count per winsorised metric
select $caps
from facts
