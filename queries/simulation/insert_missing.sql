-- insert_missing.sql: which share of a class of an arm has no row of exposure.
-- Grain:   one row.
-- Binds:   $arm_id, $class_id, $share
insert into missing by name
select $arm_id::integer as arm_id, $class_id::integer as class_id, $share::double as share;
