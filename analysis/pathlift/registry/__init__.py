"""YAML in, `Experiment` out. Reads no Parquet, runs no statistics."""
