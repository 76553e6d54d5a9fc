"""An average of arms as a row of the plan. Solves nothing itself."""

import math

from pathlift.inference.tails import two_sided_critical
from pathlift.planning.averages import Averages
from pathlift.planning.exaggeration import exaggeration
from pathlift.planning.sizing import arm_units
from pathlift.registry.experiment import Experiment
from pathlift.result.plan import PlannedMetric


def planned_average(
    experiment: Experiment, averages: Averages, total: int | None, reached: int | None
) -> PlannedMetric:
    """Say what a contrast of averages needs, and what the planned units find of it.

    Parameters
    ----------
    experiment : Experiment
        As compared.
    averages : Averages
    total : int or None
        Planned units of all analysed arms; its own where nothing that decides is planned.
    reached : int or None
        Units that the longest run brings; None without traffic.

    Returns
    -------
    PlannedMetric
        With its reason where the crossing does not identify it.
    """
    wish, contrast, comparison = averages.wish, averages.contrast, averages.comparison
    about = {
        "metric": wish.name,
        "kind": wish.kind,
        "role": wish.role,
        "ordering": None,
        "decides": False,
        "estimand": contrast.estimand,
        "arm": contrast.arm.name,
        "control": contrast.control.name,
        "margin": None,
        "power": wish.power,
        "days": None,
    }
    if comparison is None:
        nothing = dict.fromkeys(
            (
                "baseline",
                "standard_deviation",
                "absolute",
                "relative",
                "alpha",
                "critical_value",
                "inflation",
                "design_effect",
                "total",
            )
        )
        return PlannedMetric.model_validate(
            about | nothing | {"not_planned": {"reason": averages.refused}}
        )
    units = arm_units(experiment, averages.total())
    own = sum(units.values())
    at = own if total is None else total
    smallest = averages.smallest(at)
    value = comparison.control_value if contrast.one_average else None
    critical = float(two_sided_critical(comparison.alpha))
    return PlannedMetric.model_validate(
        about
        | {
            "baseline": value,
            "standard_deviation": comparison.standard_deviation,
            "absolute": comparison.difference,
            "relative": _over(comparison.difference, value),
            "alpha": comparison.alpha,
            "critical_value": critical,
            "inflation": 1.0,
            "design_effect": averages.stretch,
            "units": units,
            "total": own,
            "smallest_absolute": smallest if math.isfinite(smallest) else None,
            "smallest_relative": _over(smallest, value) if math.isfinite(smallest) else None,
            "reachable_power": averages.power(reached) if reached else None,
            "exaggeration": exaggeration(
                comparison, max(at * averages.worth / averages.stretch, 2.0), critical
            ),
        }
    )


def _over(difference: float, value: float | None) -> float | None:
    return None if not value else difference / abs(value)
