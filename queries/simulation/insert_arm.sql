-- insert_arm.sql: one arm of a scenario, and how well its log is kept.
-- Grain:   one row.
-- Binds:   $arm_id (place in the scenario, from 0), every field of an arm and of its logging
insert into arms by name
select
    $arm_id::integer as arm_id, $arm as arm, $channel as channel, $units::bigint as units,
    $need::double as need, $touchpoint::double as touchpoint, $trust::double as trust,
    $purchase::double as purchase, $leak::double as leak, $churn::double as churn,
    $repeat::double as repeat, $refund::double as refund, $refund_delay::double as refund_delay,
    $amount::double as amount,
    $lost_need::double as lost_need, $lost_touchpoint::double as lost_touchpoint,
    $lost_trust::double as lost_trust, $batched::double as batched,
    $duplicated::double as duplicated, $repeated::double as repeated, $crossed::double as crossed,
    $late::double as late, $bots::double as bots, $skewed::double as skewed,
    $starts_after::bigint as starts_after;
