"""Logs with known truth: worlds, what they truly do, and the events they leave behind."""

from pathlift.simulation.arm_truth import ArmTruth
from pathlift.simulation.files import scenario
from pathlift.simulation.logs import LogFacts, write_logs
from pathlift.simulation.scenarios import ArmRates, Scenario, ShopperClass
from pathlift.simulation.truth import TruthTable, truth, write_truth

__all__ = [
    "ArmRates",
    "ArmTruth",
    "LogFacts",
    "Scenario",
    "ShopperClass",
    "TruthTable",
    "scenario",
    "truth",
    "write_logs",
    "write_truth",
]
