-- insert_carried.sql: one ordering that some units hold before they are exposed.
-- Grain:   one row.
-- Binds:   $ordering (such as trust, or need>trust), $share
insert into carried by name
select $ordering as ordering, $share::double as share;
