"""Experiment and data in, statistics out: the only part that talks to an engine."""
