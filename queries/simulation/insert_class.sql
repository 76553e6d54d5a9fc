-- insert_class.sql: one class of shopper of a scenario.
-- Grain:   one row.
-- Binds:   $class_id (place in the scenario, from 0) and every field of a class
insert into classes by name
select
    $class_id::integer as class_id, $name as name, $share::double as share,
    $returning::boolean as is_returning, $need::double as need, $touchpoint::double as touchpoint,
    $trust::double as trust, $purchase::double as purchase, $churn::double as churn,
    $spend::double as spend, $spread::double as spread, $prior::double as prior,
    $prior_spend::double as prior_spend, $prior_spread::double as prior_spread;
