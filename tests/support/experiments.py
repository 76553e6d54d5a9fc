"""Experiments for tests of what stands on them, built without a file."""

from collections.abc import Sequence
from pathlib import Path

from pathlift.registry.experiment import (
    INTENDED,
    STAGES,
    Analysis,
    Arm,
    Column,
    Contrast,
    Data,
    DecisionRule,
    Experiment,
    Metric,
    OutcomeSource,
    RatioOf,
    StageDefinition,
    UnitColumn,
)


def arm(name: str, **changes: object) -> Arm:
    """An arm whose value is its name."""
    return Arm(**{"name": name, "value": name} | changes)  # type: ignore[arg-type]


def metric(name: str, kind: str = "mean", **changes: object) -> Metric:
    """A metric of a column of its own name."""
    return Metric(
        **{"name": name, "kind": kind, "source": UnitColumn(column=Column(name=name))} | changes  # type: ignore[arg-type]
    )


def conversion(**changes: object) -> Metric:
    """The outcome as the primary metric."""
    settings = {"name": "conversion", "kind": "proportion", "source": OutcomeSource()}
    return Metric(**settings | {"role": "primary"} | changes)  # type: ignore[arg-type]


def ratio(name: str, numerator: str, denominator: str, **changes: object) -> Metric:
    """A ratio of two metrics."""
    source = RatioOf(numerator=numerator, denominator=denominator)
    return Metric(**{"name": name, "kind": "ratio", "source": source} | changes)  # type: ignore[arg-type]


def experiment(
    arms: Sequence[Arm] | Sequence[str] = ("control", "treated"),
    metrics: Sequence[Metric] = (),
    *,
    stages: Sequence[str] = (),
    alpha: float = 0.05,
    contrasts: Sequence[tuple[str, str]] | None = None,
    multiplicity: str = "max_t",
    decision: DecisionRule | None = None,
    segments: Sequence[str] = (),
    **changes: object,
) -> Experiment:
    """An experiment on a table of units; its first arm is the control."""
    given = [each if isinstance(each, Arm) else arm(each) for each in arms]
    if not any(each.control for each in given):
        first = given[0]
        given[0] = arm(first.name, value=first.value, weight=first.weight, control=True)
    control = next(each.name for each in given if each.control)
    pairs = contrasts or [
        (each.name, control) for each in given if each.name != control and each.analyzed
    ]
    primary = tuple(each.name for each in metrics if each.role == "primary")
    settings: dict[str, object] = {
        "name": "example",
        "file": "example.yaml",
        "definition_hash": "0" * 64,
        "data": Data(shape="units", root=Path(), sources=()),
        "arms": tuple(given),
        "metrics": tuple(metrics),
        "stages": tuple(StageDefinition(name=s) for s in STAGES if s in stages),
        "conversion": next(
            (each.name for each in metrics if isinstance(each.source, OutcomeSource)), None
        ),
        "segments": tuple(Column(name=name) for name in segments),
        "analysis": Analysis(
            alpha=alpha,
            contrasts=tuple(Contrast(arm=one, control=zero) for one, zero in pairs),
            multiplicity=multiplicity,  # type: ignore[arg-type]
        ),
        "decision": decision or DecisionRule(success=primary),
    }
    return Experiment(**settings | changes)  # type: ignore[arg-type]


__all__ = ["INTENDED", "arm", "conversion", "experiment", "metric", "ratio"]
