-- worlds.sql: the tables that a scenario is bound into. Rates are per day.
-- Grain: arms, one row per arm; classes, one row per class of shopper; orderings, one row per
--        complete ordering whose purchase rate has a factor of its own; steps, one row per ordered
--        prefix and next stage whose rate has one; carried, one row per ordering that is held
--        before exposure, with its share of units; missing, one row per arm and class.

create or replace temp table arms (
    arm_id integer, arm varchar, channel varchar, units bigint, need double, touchpoint double,
    trust double, purchase double, leak double, churn double, repeat double, refund double,
    refund_delay double, amount double,
    lost_need double, lost_touchpoint double, lost_trust double, batched double, duplicated double,
    repeated double, crossed double, late double, bots double, skewed double, starts_after bigint
);
create or replace temp table classes (
    class_id integer, name varchar, share double, is_returning boolean, need double,
    touchpoint double, trust double, purchase double, churn double, spend double, spread double,
    prior double, prior_spend double, prior_spread double
);
create or replace temp table orderings (ordering varchar, factor double);
create or replace temp table steps (step varchar, factor double);
create or replace temp table carried (ordering varchar, share double);
create or replace temp table missing (arm_id integer, class_id integer, share double);
