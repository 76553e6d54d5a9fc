"""The true value or effect that an estimate is about, asked for in the words of its id.

A segment of country or platform has the truth of the whole arm: see ``arm_truth``. Knows neither
results nor files other than ``truth.json``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pathlift.simulation.arm_truth import ArmTruth, arm_truth
from pathlift.simulation.chain import COMPLETE
from pathlift.simulation.observed import observed_labels
from pathlift.simulation.scenarios import Scenario

OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthTable:
    """True values and effects of a scenario.

    Attributes
    ----------
    scenario : Scenario
        The world.
    arms : tuple of ArmTruth
        In its order.

    Examples
    --------
    >>> from pathlift.simulation import scenario
    >>> table = truth(scenario("inert"))
    >>> lift = table.absolute(
    ...     estimand="itt", metric="conversion", arm="content", control="search"
    ... )
    >>> abs(lift) < 1e-12  # with one speed of purchase no arm converts better
    True
    """

    scenario: Scenario
    arms: tuple[ArmTruth, ...]

    def value(
        self,
        *,
        arm: str,
        estimand: str = "itt",
        metric: str | None = None,
        ordering: str | None = None,
        threshold: float | None = None,
    ) -> float:
        """Return the true value of one arm.

        Parameters
        ----------
        arm : str
            Name of the arm.
        estimand : {"itt", "incidence", "ordering_share", "first_step", "cumulative_incidence"}
            As in the id of an estimate.
        metric : str or None
            For ``itt`` one of conversion, revenue, orders, order_value, refunds; for ``incidence``
            and ``cumulative_incidence`` conversion; else None or empty.
        ordering : str or None
            A strict label with full words joined by ``>``, empty for none of the stages, or
            ``other`` for all but the six complete ones; of a first step the stage, ``none`` or
            ``other``. None for ``itt``, and for conversion of any ordering.
        threshold : float or None
            Cap on a unit's revenue, which revenue and order_value are then about.

        Returns
        -------
        float
            Probability, count or amount per unit; order_value per order.

        Raises
        ------
        KeyError
            If the scenario has no such arm, or no truth for what is asked.
        """
        truth_of_arm = self._arm(arm)
        match estimand:
            case "itt" if not ordering:
                return _metric(truth_of_arm, metric, threshold)
            case "incidence" if metric == "conversion" and ordering is not None:
                return _label(truth_of_arm.incidence, ordering)
            case "cumulative_incidence" if metric == "conversion":
                return (
                    truth_of_arm.conversion
                    if ordering is None
                    else _label(truth_of_arm.incidence, ordering)
                )
            case "ordering_share" | "cumulative_share" if not metric and ordering is not None:
                return _label(truth_of_arm.share, ordering)
            case "first_step" if not metric and ordering is not None:
                return _first_step(truth_of_arm.share, ordering)
        raise KeyError(f"no truth for {estimand}/{metric or ''}/{ordering or ''}")

    def absolute(
        self,
        *,
        arm: str,
        control: str,
        estimand: str = "itt",
        metric: str | None = None,
        ordering: str | None = None,
        threshold: float | None = None,
    ) -> float:
        """Return the true effect of an arm: its value minus that of the control.

        Parameters
        ----------
        arm, control : str
            Names of arms.
        estimand, metric, ordering, threshold
            As for ``value``.

        Returns
        -------
        float
            In the metric's unit.

        Raises
        ------
        KeyError
            As ``value``.
        """
        treated, base = (
            self.value(
                arm=name, estimand=estimand, metric=metric, ordering=ordering, threshold=threshold
            )
            for name in (arm, control)
        )
        return treated - base

    def relative(
        self,
        *,
        arm: str,
        control: str,
        estimand: str = "itt",
        metric: str | None = None,
        ordering: str | None = None,
        threshold: float | None = None,
    ) -> float:
        """Return the true effect of an arm over the value of the control.

        Parameters
        ----------
        arm, control, estimand, metric, ordering, threshold
            As for ``absolute``.

        Returns
        -------
        float
            A fraction: 0.03 is three percent.

        Raises
        ------
        KeyError
            As ``value``.
        ZeroDivisionError
            If the control's value is 0.
        """
        treated, base = (
            self.value(
                arm=name, estimand=estimand, metric=metric, ordering=ordering, threshold=threshold
            )
            for name in (arm, control)
        )
        return treated / base - 1

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON.

        Returns
        -------
        dict
            ``scenario``, ``title``, ``seed``, ``window``, ``refund_window``, ``arms`` by name. The
            truth is that of the world, whatever the log lost; ``observed_labels`` of an arm says
            what is left of it in the log, or why that is not known.
        """
        world = self.scenario
        return {
            "scenario": world.name,
            "title": world.title,
            "seed": world.seed,
            "window": f"{world.window}d",
            "refund_window": f"{world.refund_window}d",
            "control": world.arms[0].arm,
            "arms": {arm.arm: self._told(arm) for arm in self.arms},
        }

    def _told(self, arm: ArmTruth) -> dict[str, Any]:
        """The truth of an arm, with what its log shows of the labels."""
        world = self.scenario
        cut = world.observation.log_ends is not None
        seen = observed_labels(arm, world.logging(arm.arm), cut=cut)
        return {**arm.to_dict(), "observed_labels": seen}

    def _arm(self, name: str) -> ArmTruth:
        for arm in self.arms:
            if arm.arm == name:
                return arm
        raise KeyError(f"scenario {self.scenario.name!r} has no arm {name!r}")


def truth(scenario: Scenario) -> TruthTable:
    """Compute what every arm of a scenario truly does.

    Parameters
    ----------
    scenario : Scenario
        The world; its seed and its number of units change nothing.

    Returns
    -------
    TruthTable
        Exact to about 1e-12, by ``scipy.linalg.expm``.
    """
    return TruthTable(
        scenario=scenario, arms=tuple(arm_truth(scenario, arm) for arm in scenario.arms)
    )


def write_truth(scenario: Scenario, folder: Path) -> Path:
    """Write the truth beside the logs.

    Parameters
    ----------
    scenario : Scenario
        The world.
    folder : Path
        Made where it does not exist.

    Returns
    -------
    Path
        ``folder/truth.json``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "truth.json"
    draft = folder / ".truth.json.tmp"
    draft.write_text(json.dumps(truth(scenario).to_dict(), indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
    return path


def _metric(arm: ArmTruth, metric: str | None, threshold: float | None) -> float:
    match metric:
        case "conversion":
            return arm.conversion
        case "orders":
            return arm.orders
        case "refunds":
            return arm.refunds
        case "revenue":
            return arm.revenue(threshold)
        case "order_value":  # the numerator is capped per unit, the denominator never is
            return arm.revenue(threshold) / arm.orders
        case _:
            raise KeyError(f"no truth for metric {metric!r}")


def _first_step(table: Mapping[str, float], stage: str) -> float:
    """Share of labels that begin with a stage; the chain knows no tie, so nothing is other."""
    first = {"none": "", OTHER: None}.get(stage, stage)
    return sum(value for label, value in table.items() if label.split(">")[0] == first)


def _label(table: Mapping[str, float], ordering: str) -> float:
    if ordering == OTHER:
        return sum(value for label, value in table.items() if label not in COMPLETE)
    return table[ordering]
