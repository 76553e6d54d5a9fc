"""The descriptive panel of a report: what was seen of orderings, apart from what arms do.

Every rendering shows the same parts, each sets them apart in its own way.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pathlift.report.association import (
    association_notes,
    association_table,
    eligible_table,
    naive_table,
)
from pathlift.report.facts import Table
from pathlift.report.numbers import NOTHING, count, decimals_of, interval, number
from pathlift.report.words import FLAGS, STATUS, ordering_words
from pathlift.result.descriptive import DecompositionRow, FunnelStep
from pathlift.result.model import Orderings, Result

TITLE = "Descriptive: what was seen, not what an arm or an ordering does"
LEAD = (
    "Everything above compares arms that were drawn. Nothing here does: units took their orderings "
    "themselves. Read it to understand, not to decide."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One table of the panel.

    Attributes
    ----------
    table : Table
    notes : tuple of str
        Sentences below it.
    faded : bool
        Shown to be measured against, not to be read.
    """

    table: Table
    notes: tuple[str, ...] = ()
    faded: bool = False


def descriptive_parts(result: Result) -> tuple[Part, ...]:
    """Tables of the panel, in the order in which they are read.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of Part
        Empty where no stages are declared.
    """
    if result.orderings is None:
        return ()
    orderings = result.orderings
    found: list[tuple[Table | None, tuple[str, ...], bool]] = [
        (association_table(orderings), association_notes(result), False),
        (eligible_table(orderings.landmark), (), False),
        *((table, notes, False) for table, notes in decomposition_tables(orderings)),
        (funnel_table(orderings), (), False),
        (naive_table(orderings), (), True),
    ]
    return tuple(
        Part(table=table, notes=notes, faded=faded)
        for table, notes, faded in found
        if table is not None
    )


def descriptive_methods(result: Result) -> tuple[tuple[str, str], ...]:
    """Every method of the panel, and for what.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of (str, str)
    """
    if result.orderings is None:
        return ()
    orderings = result.orderings
    used: dict[str, str] = {}
    for rows, what in (
        (orderings.association, "conversion given the ordering"),
        (orderings.decomposition, "mix and rate"),
        (orderings.funnel, "steps of the intended ordering"),
    ):
        for row in rows:
            if row.method:
                used.setdefault(row.method, what)
    return tuple(used.items())


def decomposition_tables(orderings: Orderings) -> tuple[tuple[Table, tuple[str, ...]], ...]:
    """Mix and rate by ordering, one table a contrast.

    Parameters
    ----------
    orderings : Orderings

    Returns
    -------
    tuple of (Table, tuple of str)
        Tables with their notes, in the order of the contrasts.
    """
    spans = [span for row in orderings.decomposition for span in (row.mix, row.rate)]
    decimals = decimals_of(spans, "points")
    contrasts = dict.fromkeys((row.arm, row.control) for row in orderings.decomposition)
    found = []
    for arm, control in contrasts:
        rows = [r for r in orderings.decomposition if (r.arm, r.control) == (arm, control)]
        table = Table(
            title=f"Where the difference in conversion lies: {arm} vs {control}",
            about=(
                "Accounting, not mediation: mix goes with how many took the ordering, rate with "
                "how many of those converted. The parts add up to the unadjusted difference "
                "exactly. An arm that changes who takes an ordering changes both, so neither is "
                "an effect of it."
            ),
            head=(
                "Ordering",
                f"Took it: {control}",
                f"Took it: {arm}",
                f"Of them converted: {control}",
                f"Of them converted: {arm}",
                "Mix",
                "Interval",
                "Rate",
                "Interval",
                "Together",
                "Status",
            ),
            rows=tuple(_decomposition_row(row, decimals) for row in rows),
            words=frozenset({0, 10}),
        )
        found.append((table, _decomposition_notes(rows)))
    return tuple(found)


def funnel_table(orderings: Orderings) -> Table | None:
    """Steps along the intended ordering of every arm.

    Parameters
    ----------
    orderings : Orderings

    Returns
    -------
    Table or None
        None where no arm intends an ordering.
    """
    rows = orderings.funnel
    if not rows:
        return None
    decimals = decimals_of([row.share for row in rows], "share")
    unknown = any(row.unknown for row in rows)
    return Table(
        title="Along the intended ordering",
        about=(
            "Of the units that came this far, how many took the next intended step, and where the "
            "others went: another order is not a loss. The first step has all units of the arm "
            "below it; later ones only those who got there, so they are no contrast of arms. The "
            "shares of an arm multiply to the incidence of its intended ordering."
        ),
        head=(
            "Arm",
            "Step",
            "Came this far",
            "Took it",
            "Share",
            "Interval",
            "Another stage",
            "Two at once",
            "Converted instead",
            "Neither in the window",
            *(("Not known",) if unknown else ()),
            "Of all units",
            "Status",
        ),
        rows=tuple(_funnel_row(row, decimals, unknown=unknown) for row in rows),
        words=frozenset({0, 1, 12 if unknown else 11}),
    )


def _decomposition_row(row: DecompositionRow, decimals: int) -> tuple[str, ...]:
    reason = (row.not_estimated or {}).get("reason")
    if row.mix is None or row.rate is None:
        parts = (NOTHING, f"not estimated: {reason}" if reason else NOTHING, *(NOTHING,) * 3)
    else:
        parts = (
            number(row.mix.estimate, "points", decimals),
            interval(row.mix, "points", decimals),
            number(row.rate.estimate, "points", decimals),
            interval(row.rate, "points", decimals),
            number(row.total, "points", decimals),
        )
    return (
        "all" if row.ordering is None else ordering_words(row.ordering),
        number(row.control_share, "share", 1),
        number(row.arm_share, "share", 1),
        number(row.control_rate, "share", 1),
        number(row.arm_rate, "share", 1),
        *parts,
        ", ".join([STATUS[row.causal_status], *(FLAGS.get(flag, flag) for flag in row.flags)]),
    )


def _decomposition_notes(rows: Iterable[DecompositionRow]) -> tuple[str, ...]:
    return tuple(
        f"{ordering_words(row.ordering)}: nobody of "
        f"{' or '.join(row.borrowed)} showed one of its labels, whose rate is that of the other "
        "arm, so its rate part is 0."
        for row in rows
        if row.borrowed
    )


def _funnel_row(row: FunnelStep, decimals: int, *, unknown: bool) -> tuple[str, ...]:
    reason = (row.not_estimated or {}).get("reason")
    ends = NOTHING if row.share is None else interval(row.share, "share", decimals)
    return (
        row.arm,
        f"{row.step}. {row.stage}",
        count(row.units),
        count(row.reached),
        NOTHING if row.share is None else number(row.share.estimate, "share", decimals),
        f"not estimated: {reason}" if reason else ends,
        count(row.other),
        count(row.tied),
        count(row.converted),
        count(row.waiting),
        *((count(row.unknown),) if unknown else ()),
        number(row.cumulative, "share", 2),
        STATUS[row.causal_status],
    )
