-- insert_ordering.sql: one complete ordering whose purchase rate has a factor of its own.
-- Grain:   one row.
-- Binds:   $ordering (such as need>touchpoint>trust), $factor
insert into orderings by name
select $ordering as ordering, $factor::double as factor;
