-- write_bots.sql: which of the exposed are scripts, as a list that was kept before exposure has it.
-- Grain:   one row per bot of the block.
-- Reads:   units, arms
-- Binds:   $path
copy (
    select 'b' || lpad(unit::varchar, 9, '0') as shopper_id
    from units
    inner join arms on arms.arm_id = units.arm_id
    where draw(draws, 25) < arms.bots
    order by unit
) to $path (format parquet, compression zstd);
