"""One module for each kind of thing that can be wrong with the data."""

from pathlift.judgement.checks.every import CHECKS, run_checks

__all__ = ["CHECKS", "run_checks"]
