-- write_exposures.sql: the exposures of a block, in their order, as one Parquet file.
-- Grain:   as exposures.sql.
-- Reads:   exposures
-- Binds:   $path
copy (select * from exposures) to $path (format parquet, compression zstd);
