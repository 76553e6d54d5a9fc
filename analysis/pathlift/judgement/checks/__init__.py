"""One module for each kind of thing that can be wrong with the data."""

from pathlift.judgement.checks.every import CHECK_IDS, CHECKS, run_checks

__all__ = ["CHECKS", "CHECK_IDS", "run_checks"]
