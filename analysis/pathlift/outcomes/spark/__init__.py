"""The same plan on Spark: its dialect, its session, and what it would read otherwise."""
