-- worlds.sql: the tables that a scenario is bound into. Rates are per day.
-- Grain: arms, one row per arm; classes, one row per class of shopper; orderings, one row per
--        complete ordering whose purchase rate has a factor of its own.

create or replace temp table arms (
    arm_id integer, arm varchar, channel varchar, units bigint, need double, touchpoint double,
    trust double, purchase double, leak double, churn double, repeat double, refund double,
    refund_delay double, amount double
);
create or replace temp table classes (
    class_id integer, name varchar, share double, is_returning boolean, need double, purchase double,
    spend double, spread double, prior double, prior_spend double, prior_spread double
);
create or replace temp table orderings (ordering varchar, factor double);
