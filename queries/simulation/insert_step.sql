-- insert_step.sql: one stage whose rate has a factor of its own after the stages before it.
-- Grain:   one row.
-- Binds:   $step (such as need>trust: trust after need), $factor
insert into steps by name
select $step as step, $factor::double as factor;
