"""Logs with known truth: worlds, what they truly do, and the events they leave behind."""

from pathlift.simulation.arm_truth import ArmTruth
from pathlift.simulation.files import scenario
from pathlift.simulation.logs import LogFacts, write_logs
from pathlift.simulation.observation import Logging, Observation
from pathlift.simulation.observed import observed_labels
from pathlift.simulation.potential import write_potential_outcomes
from pathlift.simulation.scenarios import ArmRates, Scenario, ShopperClass
from pathlift.simulation.truth import TruthTable, truth, write_truth

__all__ = [
    "ArmRates",
    "ArmTruth",
    "LogFacts",
    "Logging",
    "Observation",
    "Scenario",
    "ShopperClass",
    "TruthTable",
    "observed_labels",
    "scenario",
    "truth",
    "write_logs",
    "write_potential_outcomes",
    "write_truth",
]
