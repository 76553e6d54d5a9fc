-- totals.sql: the rows of a table that is already aggregated.
-- Grain:   one row per row of the file: per arm, or per arm and day.
-- Reads:   totals(arm, day where there is one, the columns that metrics name)
-- Binds:   $columns: the arm, the day or NULL, the units, then each column that a metric names
-- Returns: these columns. Few rows: they are added up as exact numbers by the reader
select $columns
from totals
order by arm, day
