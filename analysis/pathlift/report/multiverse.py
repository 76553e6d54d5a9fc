"""Tables of reports: orderings under other rules for the stages, beside the experiment's own."""

from collections.abc import Sequence

from pathlift.report.facts import Table
from pathlift.report.numbers import NOTHING, count, decimals_of, interval, number
from pathlift.report.words import ordering_words, status_of
from pathlift.result.model import Estimate, Result, Span
from pathlift.result.multiverse import LabelAgreement, Multiverse, PresetReading

_BASE = "base"
_ALL = "all arms"


def multiverse_tables(result: Result) -> tuple[Table, ...]:
    """What the presets change, how far labels agree, and each contrast under all of them.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of Table
        Empty where no presets are declared.
    """
    found = None if result.orderings is None else result.orderings.multiverse
    if found is None:
        return ()
    read = (_readings(result, found),) if found.readings else ()  # none where only checks run
    return (*read, _agreement(found), _rules(found))


def _readings(result: Result, found: Multiverse) -> Table:
    by_id = {estimate.id: estimate for estimate in result.estimates}
    presets = [preset.preset for preset in found.presets]
    rows_of: dict[str, dict[str, PresetReading]] = {}
    for reading in found.readings:
        rows_of.setdefault(reading.of, {})[reading.preset] = reading
    spans = [by_id[id].absolute for id in rows_of] + [r.absolute for r in found.readings]
    decimals = decimals_of(spans, "points")
    return Table(
        title="Under other stage rules",
        about=(
            "The difference of each contrast of orderings under the rules of the experiment (base) "
            "and under each preset, with its marginal interval. Fragile: the sign changes. The "
            "effect on conversion knows no stages, so it is the same under all."
        ),
        head=("Ordering", "Of units that", "Arms", "Sign changes", "Status", _BASE, *presets),
        rows=tuple(
            _reading_row(by_id[id], readings, presets, decimals) for id, readings in rows_of.items()
        ),
        words=frozenset({0, 1, 2, 3, 4}),
    )


def _reading_row(
    estimate: Estimate, readings: dict[str, PresetReading], presets: Sequence[str], decimals: int
) -> tuple[str, ...]:
    changes = [name for name in presets if readings[name].sign_changes]
    return (
        ordering_words(estimate.ordering),
        "took it and converted" if estimate.estimand == "incidence" else "took it",
        f"{estimate.arm} vs {estimate.control}",
        ", ".join(changes) or NOTHING,
        status_of(estimate),
        _difference(estimate.absolute, (estimate.not_estimated or {}).get("reason"), decimals),
        *(
            _difference(
                readings[name].absolute,
                (readings[name].not_estimated or {}).get("reason"),
                decimals,
            )
            for name in presets
        ),
    )


def _difference(span: Span | None, reason: str | None, decimals: int) -> str:
    if reason or span is None:
        return f"not estimated: {reason or 'no difference is defined'}"
    shown = number(span.estimate, "points", decimals).removesuffix(" pp")  # said of the interval
    return f"{shown} ({interval(span, 'points', decimals)})"


def _agreement(found: Multiverse) -> Table:
    pairs = dict.fromkeys((row.one, row.other, row.arm) for row in found.agreement)
    rows = {(row.one, row.other, row.arm, row.of): row for row in found.agreement}
    return Table(
        title="Agreement of labels",
        about=(
            "Units whose observed ordering is the same under two sets of stage rules; descriptive. "
            "Kappa is agreement beyond that of chance (Cohen): 1 is full, 0 none."
        ),
        head=(
            "Rules",
            "Arm",
            "Units",
            "Same label",
            "Kappa",
            "Converted",
            "Same label of these",
            "Kappa of these",
        ),
        rows=tuple(
            (
                f"{one} and {other}",
                arm or _ALL,
                *_agreement_cells(rows[one, other, arm, "units"]),
                *_agreement_cells(rows[one, other, arm, "converted"]),
            )
            for one, other, arm in pairs
        ),
        words=frozenset({0, 1}),
    )


def _agreement_cells(row: LabelAgreement) -> tuple[str, str, str]:
    reason = (row.not_estimated or {}).get("reason")
    return (
        count(row.units),
        NOTHING if row.share is None else number(row.share, "share", 1),
        f"not estimated: {reason}" if row.kappa is None else number(row.kappa, "plain", 2),
    )


def _rules(found: Multiverse) -> Table:
    return Table(
        title="Presets",
        about="What each changes; stages that are not named keep the rules of the experiment.",
        head=("Preset", "Stage", "Any of", "Units that show it"),
        rows=tuple(
            (preset.preset, stage, "; or ".join(rules), count(preset.seen.get(stage)))
            for preset in found.presets
            for stage, rules in preset.rules.items()
        ),
        words=frozenset({0, 1, 2}),
    )
