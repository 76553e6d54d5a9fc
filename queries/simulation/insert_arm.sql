-- insert_arm.sql: one arm of a scenario.
-- Grain:   one row.
-- Binds:   $arm_id (place in the scenario, from 0) and every field of an arm
insert into arms by name
select
    $arm_id::integer as arm_id, $arm as arm, $channel as channel, $units::bigint as units,
    $need::double as need, $touchpoint::double as touchpoint, $trust::double as trust,
    $purchase::double as purchase, $leak::double as leak, $churn::double as churn,
    $repeat::double as repeat, $refund::double as refund, $refund_delay::double as refund_delay,
    $amount::double as amount;
