-- write_events.sql: the events of a block, in their order, as one Parquet file.
-- Grain:   as events.sql.
-- Reads:   events
-- Binds:   $path
copy (select * from events) to $path (format parquet, compression zstd);
