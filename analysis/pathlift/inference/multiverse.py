"""Do the answers about orderings hang on how the stages are told? Methods 1.3.

Reads the contrasts of orderings once more under every preset, from labels of the same units, and
says how far the labels agree. The effect on conversion knows no stage, so it is the same under all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.agreement import cohens_kappa
from pathlift.inference.arrays import Floats
from pathlift.inference.drafts import Draft
from pathlift.inference.incidence import ordering_drafts
from pathlift.inference.label_groups import Estimand
from pathlift.inference.measured import Measured
from pathlift.inference.solving import solve
from pathlift.registry.experiment import Experiment, Preset
from pathlift.registry.listing import rules_in_words
from pathlift.result.model import Estimate
from pathlift.result.multiverse import LabelAgreement, Multiverse, PresetReading, PresetRules
from pathlift.statistics.cells import UNKNOWN, label
from pathlift.statistics.collected import Statistics
from pathlift.statistics.multiverse import CrossTable, PresetTable

FRAGILE: Final = "fragile"


def multiverse(
    experiment: Experiment,
    statistics: Statistics,
    conversion: Measured | str,
    estimates: Sequence[Estimate],
) -> Multiverse | None:
    """Read orderings under every preset.

    Parameters
    ----------
    experiment : Experiment
        As compared: combined arms in place of their members.
    statistics : Statistics
        The same.
    conversion : Measured or str
        The conversion metric, or why it is not estimated.
    estimates : sequence of Estimate
        Under the experiment's own rules.

    Returns
    -------
    Multiverse or None
        None where no presets are declared. Without metrics (checks only) no contrast is read.
    """
    if not experiment.presets:
        return None
    by_id = {estimate.id: estimate for estimate in estimates}
    readings = tuple(
        reading
        for table in statistics.multiverse.presets
        if experiment.conversion is not None
        for reading in _readings(experiment, statistics, table, conversion, by_id)
    )
    return Multiverse(
        presets=tuple(
            PresetRules(
                preset=preset.name,
                rules=_changed(experiment, preset),
                seen=stages_seen(experiment, statistics, table),
            )
            for preset, table in zip(experiment.presets, statistics.multiverse.presets, strict=True)
        ),
        agreement=agreements(experiment, statistics),
        readings=readings,
        fragile=tuple(dict.fromkeys(r.of for r in readings if r.sign_changes)),
    )


def with_fragile(estimates: Iterable[Estimate], found: Multiverse | None) -> tuple[Estimate, ...]:
    """Flag the estimates whose sign changes under some preset.

    Parameters
    ----------
    estimates : iterable of Estimate
    found : Multiverse or None

    Returns
    -------
    tuple of Estimate
        In the same order, numbers untouched.
    """
    fragile = set() if found is None else set(found.fragile)
    return tuple(
        estimate.model_copy(update={"flags": (*estimate.flags, FRAGILE)})
        if estimate.id in fragile
        else estimate
        for estimate in estimates
    )


def agreements(experiment: Experiment, statistics: Statistics) -> tuple[LabelAgreement, ...]:
    """Agreement of labels under each two sets of rules, by arm and over all analysed arms.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
        Mature units are read.

    Returns
    -------
    tuple of LabelAgreement
        For each pair first all arms, then each in file order; units, then converted ones.
    """
    arms = [arm.name for arm in experiment.analyzed_arms]
    found = []
    for cross in statistics.multiverse.pairs:
        for arm in (None, *arms):
            for converted in (False, True):
                among = {arm} if arm is not None else set(arms)
                table = _square(cross, among, statistics.label_class, converted=converted)
                found.append(_agreement(cross, arm, table, converted=converted))
    return tuple(found)


def stages_seen(
    experiment: Experiment, statistics: Statistics, table: PresetTable
) -> dict[str, int]:
    """Mature units of analysed arms that show each stage under a preset.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    table : PresetTable

    Returns
    -------
    dict of str to int
        By declared stage.
    """
    arms = {arm.name for arm in experiment.analyzed_arms}
    seen = dict.fromkeys(experiment.stage_names, 0)
    for row, cell in enumerate(table.cells.cells):
        if cell.arm in arms and cell.maturity >= statistics.label_class and cell.label != UNKNOWN:
            held = label(cell.label).ordering.replace("=", ">").split(">")
            for stage in seen:
                seen[stage] += int(table.cells.units[row]) if stage in held else 0
    return {str(stage): count for stage, count in seen.items()}


def _changed(experiment: Experiment, preset: Preset) -> dict[str, tuple[str, ...]]:
    return {
        stage.name: rules_in_words(stage)
        for stage in preset.stages
        if stage not in experiment.stages
    }


def _square(cross: CrossTable, arms: set[str], maturity: int, *, converted: bool) -> Floats:
    """Counts of the labels under one set of rules (rows) by those under the other."""
    whole = cross.by(
        lambda pair: (
            replace(pair, arm="", maturity=0)
            if pair.arm in arms and pair.maturity >= maturity
            else None
        )
    )
    counts = whole.converted if converted else whole.units
    codes = sorted({code for pair in counts for code in (pair.one, pair.other)})
    table = np.zeros((len(codes), len(codes)))
    for pair, count in counts.items():
        table[codes.index(pair.one), codes.index(pair.other)] = count
    return table


def _agreement(
    cross: CrossTable, arm: str | None, table: Floats, *, converted: bool
) -> LabelAgreement:
    units, agreeing = int(table.sum()), int(np.trace(table))
    reason, kappa = "", None
    try:
        kappa = cohens_kappa(table).kappa
    except NotEstimableError as refusal:
        reason = str(refusal)
    return LabelAgreement(
        one=cross.one,
        other=cross.other,
        arm=arm,
        of="converted" if converted else "units",
        units=units,
        agreeing=agreeing,
        share=agreeing / units if units else None,
        kappa=kappa,
        not_estimated={"reason": reason} if reason else None,
    )


def _readings(
    experiment: Experiment,
    statistics: Statistics,
    table: PresetTable,
    conversion: Measured | str,
    by_id: dict[str, Estimate],
) -> list[PresetReading]:
    under = replace(statistics, cells=table.cells, clusters=table.clusters)
    estimands: tuple[Estimand, ...] = ("incidence", "ordering_share")
    drafts = [
        draft
        for estimand in estimands
        # adds up to the effect on conversion under every preset, or raises
        for draft in ordering_drafts(experiment, under, estimand, conversion, family=None)
        if estimand == "incidence" or _intended(experiment, draft)
    ]
    return [
        _reading(estimate, by_id[estimate.id], table.preset)
        for estimate in solve(drafts, alpha=experiment.analysis.alpha)
        if estimate.id in by_id
    ]


def _intended(experiment: Experiment, draft: Draft) -> bool:
    """Whether either arm of a contrast is meant to take its ordering."""
    return draft.identity.ordering in {
        ">".join(ordering)
        for name in (draft.identity.arm, draft.identity.control)
        if (ordering := experiment.arm(name).ordering)
    }


def _reading(estimate: Estimate, own: Estimate, preset: str) -> PresetReading:
    there, here = _difference(own), _difference(estimate)
    return PresetReading(
        of=own.id,
        preset=preset,
        arm_value=estimate.arm_value,
        control_value=estimate.control_value,
        absolute=estimate.absolute,
        standard_error=estimate.standard_error,
        p_value=estimate.p_value,
        method=estimate.method,
        sign_changes=None if there is None or here is None else _opposite(there, here),
        flags=estimate.flags,
        not_estimated=estimate.not_estimated,
    )


def _difference(estimate: Estimate) -> float | None:
    return None if estimate.absolute is None else estimate.absolute.estimate


def _opposite(one: float, other: float) -> bool:
    """Whether two differences point in opposite directions; 0 points in none."""
    return float(np.sign(one) * np.sign(other)) < 0
