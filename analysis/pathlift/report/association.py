"""Tables of a report about conversion given the ordering: like with like, whom it is about, naive.

An association, whatever the arm did: the word stands wherever its p-value does.
"""

from pathlift.report.facts import Table
from pathlift.report.numbers import (
    NOTHING,
    count,
    decimals_of,
    figure,
    interval,
    number,
    p_value,
)
from pathlift.report.words import ASSOCIATION_TESTS, STATUS, ordering_words
from pathlift.result.descriptive import AssociationRow, Landmark
from pathlift.result.model import Orderings, Result


def association_table(orderings: Orderings) -> Table | None:
    """Conversion given each complete ordering, held against one of them.

    Parameters
    ----------
    orderings : Orderings

    Returns
    -------
    Table or None
        None where there is none.
    """
    rows = orderings.association
    if not rows:
        return None
    places = (
        decimals_of([row.rate for row in rows], "share"),
        decimals_of([row.absolute for row in rows], "points"),
        decimals_of([row.ratio for row in rows], "plain"),
    )
    return Table(
        title="Conversion given the ordering, like with like",
        about=_about(orderings.landmark),
        head=(
            "Ordering",
            "Eligible units",
            "Converted",
            "Rate, standardised",
            "Interval",
            "Against the reference",
            "Interval",
            "Ratio",
            "Interval",
            "p of association",
            "E-value (of the interval)",
            "Status",
        ),
        rows=tuple(_association_row(row, places) for row in rows),
        words=frozenset({0, 11}),
    )


def association_notes(result: Result) -> tuple[str, ...]:
    """The tests behind the table, and what its columns mean.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of str
    """
    found = []
    for test in result.omnibus:
        if test.estimand not in ASSOCIATION_TESTS:
            continue
        what = (
            "Association of conversion with the ordering, over all of them"
            if test.estimand == "association"
            else "Whether that association differs by arm"
        )
        reason = (test.not_estimated or {}).get("reason")
        told = (
            f"not estimated, because {reason}"
            if reason or test.statistic is None or test.df is None
            else f"statistic {figure(test.statistic)} on {figure(test.df)} df, "
            f"p of association {p_value(test.p_value)}"
        )
        found.append(f"{what}: {told} ({test.test}; {STATUS[test.causal_status]}).")
    rows = result.orderings.association if result.orderings is not None else ()
    compared = [row for row in rows if row.p_adjusted is not None]
    if compared:
        found.append(
            f"p is multiplied by the {len(compared)} orderings that are held against the reference;"
            " intervals are of each ordering alone."
        )
        found.append(
            "E-value: a trait that nobody measured would have to go with both the ordering and "
            "conversion by a ratio of at least this size to explain the ratio away; in brackets, "
            "to bring its interval to 1. An E-value of 1 needs no such trait."
        )
        found.append(
            f"It would be more than an association only if {'; '.join(compared[0].assumptions)}."
        )
    if result.looks.method != "fixed":
        found.append("Intervals and p-values of this panel hold at a single look.")
    return tuple(found)


def eligible_table(landmark: Landmark | None) -> Table | None:
    """Whom the association is about.

    Parameters
    ----------
    landmark : Landmark or None

    Returns
    -------
    Table or None
        None where there is no landmark.
    """
    if landmark is None:
        return None
    return Table(
        title="Whom this is about",
        about=(
            f"Eligible: all stages in a strict order within {landmark.latest}, so that "
            f"{landmark.length} are left to convert in. Later ones are not in the rates above."
        ),
        head=(
            "Arm",
            "Mature units",
            "All stages in order",
            "Eligible",
            "Of all units",
            "Of those with all stages",
            f"Converted within {landmark.length}",
            "Status",
        ),
        rows=tuple(
            (
                arm.arm,
                count(arm.units),
                count(arm.complete),
                count(arm.eligible),
                number(arm.share_of_units, "share", 1),
                number(arm.share_of_complete, "share", 1),
                count(arm.converted),
                STATUS[landmark.causal_status],
            )
            for arm in landmark.arms
        ),
        words=frozenset({0, 7}),
    )


def naive_table(orderings: Orderings) -> Table | None:
    """Conversion by observed ordering as it comes: shown to be measured against, not to be read.

    Parameters
    ----------
    orderings : Orderings

    Returns
    -------
    Table or None
        None where there is none.
    """
    naive = orderings.naive
    if naive is None:
        return None
    arms = tuple(dict.fromkeys(row.arm for row in naive.rates))
    found = {(row.ordering, row.arm): row for row in naive.rates}
    return Table(
        title="Conversion by observed ordering as it comes: do not read",
        about=naive.sentence,
        head=(
            "Ordering",
            *("All arms" if arm is None else arm for arm in arms),
            "Units of all arms",
            "Status",
        ),
        rows=tuple(
            (
                ordering_words(ordering),
                *(number(found[ordering, arm].rate, "share", 1) for arm in arms),
                count(found[ordering, None].units),
                STATUS[naive.causal_status],
            )
            for ordering in dict.fromkeys(row.ordering for row in naive.rates)
        ),
        words=frozenset({0, len(arms) + 2}),
    )


def _about(landmark: Landmark | None) -> str:
    lead = "An association, not an effect of the ordering: who takes which ordering is not drawn."
    if landmark is None:
        return lead
    strata = ", ".join(name.replace("_", " ") for name in landmark.strata)
    held = ordering_words(landmark.reference)
    return (
        f"{lead} Conversion within {landmark.length} of the last stage, among units that completed "
        f"all stages within {landmark.latest}: the same time for everybody. Rates are averaged "
        f"over {count(landmark.cells)} strata of {strata}, with the same weights for every "
        f"ordering, and held against {held}."
    )


def _association_row(row: AssociationRow, places: tuple[int, int, int]) -> tuple[str, ...]:
    reason = (row.not_estimated or {}).get("reason")
    told = f"not estimated: {reason}" if reason else NOTHING
    rate, points, ratio = places
    if row.rate is None:
        standardised = (NOTHING, told)
        against = (NOTHING,) * 6
    else:
        standardised = (
            number(row.rate.estimate, "share", rate),
            interval(row.rate, "share", rate),
        )
        against = (
            "reference" if row.reference else told,
            *(NOTHING,) * 5,
        )
    if row.absolute is not None and row.ratio is not None:
        against = (
            number(row.absolute.estimate, "points", points),
            interval(row.absolute, "points", points),
            number(row.ratio.estimate, "plain", ratio),
            interval(row.ratio, "plain", ratio),
            p_value(row.p_adjusted),
            _e_value(row),
        )
    return (
        ordering_words(row.ordering),
        count(row.units),
        count(row.converted),
        *standardised,
        *against,
        STATUS[row.causal_status],
    )


def _e_value(row: AssociationRow) -> str:
    if row.e_value is None:
        return NOTHING
    end = row.e_value_of_interval
    return f"{row.e_value:.2f} ({NOTHING if end is None else f'{end:.2f}'})"
