"""Do labels hang on how strictly the stages are told? Methods 1.3, the multiverse.

Says how far labels agree under the declared sets of rules; whether an answer changes its sign is
flagged on the answer itself (`fragile`).
"""

from collections.abc import Iterator

from pathlift.inference.comparing import compared
from pathlift.inference.multiverse import agreements, stages_seen
from pathlift.judgement import words
from pathlift.judgement.checks.facts import not_checked
from pathlift.judgement.checks.stages import NO_STAGES
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check
from pathlift.result.multiverse import LabelAgreement
from pathlift.statistics.collected import Statistics
from pathlift.statistics.multiverse import BASE


def presets(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Agreement of labels between the experiment's own stage rules and each preset.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``warn`` where kappa is at most 0.6 in some arm, or no mature unit shows a stage that a
        preset changes. It invalidates nothing: another set of rules is another question.
    """
    if not experiment.stages:
        yield not_checked("presets", NO_STAGES, "orderings")
        return
    if not experiment.presets:
        yield not_checked(
            "presets",
            "no other rules for the stages are declared, so nothing says how far orderings hang on "
            "those that are. Declare `presets`, such as one stricter and one looser.",
            "orderings",
        )
        return
    experiment, statistics = compared(experiment, statistics)
    found = [row for row in agreements(experiment, statistics) if row.one == BASE]
    unseen = _never_seen(experiment, statistics)
    most = experiment.limits("presets")["warns_at_kappa"]  # Landis & Koch 1977: moderate at best
    little = [
        (row.other, row.arm)
        for row in found
        if row.of == "units" and row.arm and row.kappa is not None and row.kappa <= most
    ]
    said = [
        _agreement(preset.name, [row for row in found if row.other == preset.name])
        for preset in experiment.presets
    ]
    if little:
        names = words.listed(list(dict.fromkeys(name for name, _ in little)))
        said.append(
            f"Where kappa is {most:g} or less ({names}), the order that is seen says as much of "
            "the rules as of people: look at what the rules of the stages count."
        )
    said += [
        f"Under {preset} no mature unit shows {stage}: its rules do not fit this log."
        for preset, stage in unseen
    ]
    yield Check(
        id="presets",
        severity="warn" if little or unseen else "pass",
        scope="orderings",
        message=" ".join(said),
        figures={
            "kappa": _by_preset(found),
            "unseen": [f"{preset}: {stage}" for preset, stage in unseen],
            "warns_at_kappa": most,
        },
    )


def _never_seen(experiment: Experiment, statistics: Statistics) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for preset, table in zip(experiment.presets, statistics.multiverse.presets, strict=True):
        seen = stages_seen(experiment, statistics, table)
        found += [
            (preset.name, stage.name)
            for stage in preset.stages
            if stage not in experiment.stages and any(table.cells.units) and not seen[stage.name]
        ]
    return found


def _agreement(preset: str, rows: list[LabelAgreement]) -> str:
    of_units = [row for row in rows if row.of == "units"]
    whole = next(row for row in of_units if row.arm is None)
    if whole.share is None:
        return f"Under {preset} there are no mature units to compare."
    arms = "; ".join(f"{row.arm} {_kappa(row)}" for row in of_units if row.arm is not None)
    converted = next(row for row in rows if row.of == "converted" and row.arm is None)
    among = (
        f", and of {words.percent(converted.share)} of those that converted"
        if converted.share is not None
        else ""
    )
    return (
        f"Under {preset} the label is the same of {words.percent(whole.share)} of mature "
        f"units{among}: kappa {_kappa(whole)} ({arms})."
    )


def _kappa(row: LabelAgreement) -> str:
    return "not estimated" if row.kappa is None else f"{row.kappa:.2f}"


def _by_preset(rows: list[LabelAgreement]) -> dict[str, dict[str, float | None]]:
    found: dict[str, dict[str, float | None]] = {}
    for row in rows:
        if row.of == "units":
            found.setdefault(row.other, {})[row.arm or "all arms"] = row.kappa
    return found
