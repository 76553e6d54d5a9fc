"""The definition that fits the logs of a simulated journeys scenario, without prose."""

DEFINITION = """
unit: shopper_id
period: {first_day: 2026-03-02, last_day: 2026-03-29}
window: 14d
lookback: {default: 28d, trust: 180d}
data:
  exposures: data/journeys/exposures/*.parquet
  events: data/journeys/events/**/*.parquet
  columns: {exposed_at: first_seen}
arms:
  search:     {treatment: search, control: true}
  content:    {treatment: content}
  influencer: {treatment: influencer}
stages:
  need:       "event in ('search', 'filter', 'wishlist', 'cart')"
  touchpoint: ["event = 'product_view'", "event = 'impression' and visible_ms >= 1000"]
  trust:
    any: ["event = 'review_read' and dwell_ms >= 3000", "event = 'creator_follow'"]
    accumulate: {sum: watch_ms, per: creator_id, reach: 30000}
outcome: "event = 'purchase'"
metrics:
  conversion: {kind: proportion, role: primary}
covariates: [prior_spend]
"""
