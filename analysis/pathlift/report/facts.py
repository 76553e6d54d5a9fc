"""The lines of a report that are no estimates: the decision, arms, checks, orderings, provenance.

As with `rows`: every rendering shows the same words, each draws them its own way.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pathlift.report.numbers import (
    NOTHING,
    Quantity,
    count,
    decimals_of,
    figure,
    interval,
    moment,
    named_figure,
    number,
    p_value,
    size,
)
from pathlift.report.rows import Row, deciding, row_of
from pathlift.report.words import (
    ASSOCIATION_TESTS,
    ESTIMAND,
    STATUS,
    VERDICT,
    ordering_words,
)
from pathlift.result.model import Check, Omnibus, Result, Sensitivity, Severity, Span
from pathlift.result.truth import TruthCheck
from pathlift.vocabulary.readings import STATUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of text.

    Attributes
    ----------
    title : str
    about : str
        What the numbers are, with their causal status; may be empty.
    head : tuple of str
    rows : tuple of tuple of str
    words : frozenset of int
        Columns of words; all others hold numbers.
    """

    title: str
    about: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[int] = frozenset({0})


def title_of(result: Result) -> str:
    """Name and title of the experiment.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
    """
    experiment = result.experiment
    return f"{experiment.name}: {experiment.title}" if experiment.title else experiment.name


def verdict_words(result: Result) -> str:
    """The verdict, with the arm that it is about.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
    """
    verdict, arm = result.decision.verdict, result.decision.arm
    if arm is None:
        return VERDICT[verdict]
    acts = verdict in ("ship", "do_not_ship")  # on the arm; the others are only about it
    return f"{VERDICT[verdict]}{'' if acts else ':'} {arm}"


def deciding_row(result: Result, truth: TruthCheck | None = None) -> Row | None:
    """The row that the verdict is about.

    Parameters
    ----------
    result : Result
    truth : TruthCheck, optional

    Returns
    -------
    Row or None
    """
    estimate = deciding(result)
    return None if estimate is None else row_of(estimate, truth)


def deciding_sentence(row: Row) -> str:
    """The deciding number in words: each arm with its value, so that no pair reads as an interval.

    Parameters
    ----------
    row : Row

    Returns
    -------
    str
    """
    estimate = row.estimate
    if row.reason:
        about = f"{estimate.metric}, {estimate.arm} vs {estimate.control}"
        return f"{about}: not estimated, because {row.reason} ({row.status})"
    return (
        f"{estimate.metric}: {estimate.arm} {row.arm_value}, "
        f"{estimate.control} {row.control_value}; "
        f"difference {row.difference} (interval {row.difference_interval}), "
        f"lift {row.lift} (interval {row.lift_interval}), p {_equals(row.p)} ({row.status})"
    )


def arm_verdicts(result: Result) -> tuple[tuple[str, str, str], ...]:
    """Arm, verdict and what of its reasons is not said already, for every treated arm.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of (str, str, str)
    """
    told = " ".join(result.decision.reasons)
    return tuple(
        (
            arm.arm,
            VERDICT[arm.verdict].lower(),
            "; ".join(reason for reason in arm.reasons if reason not in told),
        )
        for arm in result.decision.arms
    )


def found_words(check: Check) -> str:
    """What a check found; that it was not made is said beside it already.

    Parameters
    ----------
    check : Check

    Returns
    -------
    str
    """
    said = check.message.removeprefix("Not checked: ")
    told = said[:1].upper() + said[1:] if said != check.message else said
    return f"{told} Set by the definition: {thresholds_words(check)}." if check.thresholds else told


def thresholds_words(check: Check) -> str:
    """The thresholds of a check that the definition moves, beside what they would have been.

    Parameters
    ----------
    check : Check

    Returns
    -------
    str
        Empty where all are the defaults.
    """
    return ", ".join(
        f"{name} {threshold.value:g} (default {threshold.default:g})"
        for name, threshold in check.thresholds.items()
    )


def figures_words(check: Check) -> str:
    """The figures behind a check; the message of a check says in words what matters of them.

    Parameters
    ----------
    check : Check

    Returns
    -------
    str
    """
    return ", ".join(_figure_words(key, value) for key, value in check.figures.items())


def by_severity(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Put first what has to be read first.

    Parameters
    ----------
    checks : iterable of Check

    Returns
    -------
    tuple of Check
        Failed, warned, passed, told, not checked; each in the order of the result.
    """
    order = ("fail", "warn", "pass", "info", "not_checked")
    return tuple(sorted(checks, key=lambda check: order.index(check.severity)))


def named_of(checks: Iterable[Check], severity: Severity) -> str:
    """Name the checks of one severity where their sentences are folded away.

    Parameters
    ----------
    checks : iterable of Check
        All of a result.
    severity : Severity

    Returns
    -------
    str
        Each id once; with its scopes where the same check came out otherwise elsewhere, and with
        thresholds that the definition moves: a check may pass for that alone.
    """
    all_ = tuple(checks)
    elsewhere = {check.id for check in all_ if check.severity != severity}
    scopes: dict[str, list[str]] = {}
    moved: dict[str, str] = {}
    for check in all_:
        if check.severity == severity:
            scopes.setdefault(check.id, []).append(check.scope)
            moved[check.id] = thresholds_words(check)
    return ", ".join(
        " ".join(filter(None, (name, _where(name in elsewhere, where), _moved(moved[name]))))
        for name, where in scopes.items()
    )


def _where(elsewhere: bool, scopes: Sequence[str]) -> str:  # noqa: FBT001  a plain fact
    if not elsewhere or set(scopes) == {"experiment"}:
        return ""
    return f"({', '.join(dict.fromkeys(scopes))})"


def _moved(thresholds: str) -> str:
    return f"[{thresholds}]" if thresholds else ""


def look_words(result: Result) -> str:
    """Which look at the data this is.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
    """
    looks = result.looks
    if looks.look is None:
        return f"{looks.method}, not numbered"
    if looks.look == "unrecorded":
        earlier = f", after {len(looks.ledger)} that were" if looks.ledger else ""
        return f"{looks.method}, this look was not recorded{earlier}"
    told = f"{looks.method}, look {looks.look}"
    # the check knows which of the looks before were at data that ended before these
    peeking = next((check for check in result.checks if check.id == "peeking"), None)
    if looks.method != "fixed" or peeking is None or peeking.severity != "warn":
        return told
    times = peeking.figures["looks"]
    return f"{told}; looked at {times} times, so the fixed-sample p-values are too small"


def arms_table(result: Result) -> Table:
    """Arms as declared and as seen.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table
    """
    analyzed = [arm for arm in result.arms if arm.analyzed]
    weights = sum(arm.weight for arm in analyzed)
    units = sum(arm.units for arm in analyzed)
    rows = []
    for arm in result.arms:
        role = "control" if arm.control else "treated" if arm.analyzed else "holdout"
        if arm.combined_into is not None:
            role += f", read as {arm.combined_into}"
        rows.append(
            (
                arm.arm,
                role,
                arm.treatment or NOTHING,
                ordering_words(arm.ordering),
                f"{arm.weight / weights:.2%}" if arm.analyzed and weights else NOTHING,
                f"{arm.units / units:.2%}" if arm.analyzed and units else NOTHING,
                count(arm.units),
                count(arm.matured_units),
                moment(arm.first_exposure).removesuffix(" UTC"),
                moment(arm.last_exposure).removesuffix(" UTC"),
            )
        )
    return Table(
        title="Arms",
        about="Units as assigned; descriptive.",
        head=(
            "Arm",
            "Role",
            "Treatment",
            "Intended ordering",
            "Planned share",
            "Seen share",
            "Units",
            "Mature units",
            "First exposure (UTC)",
            "Last exposure (UTC)",
        ),
        rows=tuple(rows),
        words=frozenset({0, 1, 2, 3, 8, 9}),
    )


def omnibus_table(result: Result) -> Table | None:
    """Tests over all arms at once.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where there are none.
    """
    tests = [test for test in result.omnibus if test.estimand not in ASSOCIATION_TESTS]
    if not tests:
        return None
    rows = []
    for test in tests:
        about = [test.metric, ordering_words(test.ordering) if test.ordering else None]
        about += [f"arm by {test.segment}" if test.segment else None]
        reason = (test.not_estimated or {}).get("reason")
        rows.append(
            (
                ", ".join(part for part in about if part) or test.estimand,
                f"not estimated: {reason}" if reason else _tested(test),
                NOTHING if test.statistic is None else figure(test.statistic),
                NOTHING if test.df is None else figure(test.df),
                p_value(test.p_value if test.p_adjusted is None else test.p_adjusted),
                STATUS[test.causal_status],
            )
        )
    return Table(
        title="All arms at once",
        about="Does any arm differ from any other?",
        head=("Of", "Test", "Statistic", "df", "p", "Status"),
        rows=tuple(rows),
        words=frozenset({0, 1, 5}),
    )


def labels_table(result: Result) -> Table | None:
    """Observed orderings by arm.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where no stages are declared.
    """
    if result.orderings is None or not result.orderings.labels:
        return None
    arms = tuple(dict.fromkeys(row.arm for row in result.orderings.labels))
    found = {(row.ordering, row.arm): row for row in result.orderings.labels}
    rows = []
    for ordering in dict.fromkeys(row.ordering for row in result.orderings.labels):
        any_arm = next(found[ordering, arm] for arm in arms if (ordering, arm) in found)
        counts = [found.get((ordering, arm)) for arm in arms]
        rows.append(
            (
                ordering_words(ordering),
                f"{any_arm.kind}, tied" if any_arm.tied else any_arm.kind,
                *(count(row.units if row else 0) for row in counts),
                *(count(row.converted if row else 0) for row in counts),
            )
        )
    return Table(
        title="Observed orderings",
        about=(
            "Descriptive: who converts given the ordering that was observed is an association, "
            "whatever the arm did."
        ),
        head=(
            "Ordering",
            "Kind",
            *(f"{arm}: units" for arm in arms),
            *(f"{arm}: converted" for arm in arms),
        ),
        rows=tuple(rows),
        words=frozenset({0, 1}),
    )


def completeness_table(result: Result) -> Table | None:
    """How many conversions passed every declared stage.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where no stages are declared.
    """
    if result.orderings is None or not result.orderings.completeness:
        return None
    stages = tuple(result.orderings.completeness[0].by_stage)
    return Table(
        title="Completeness",
        about="Did those who converted pass every stage before? Descriptive: counts.",
        head=("Arm", "Converted", "All stages before", *(f"{s} before" for s in stages)),
        rows=tuple(
            (
                row.arm,
                count(row.converted),
                count(row.complete),
                *(count(row.by_stage.get(stage)) for stage in stages),
            )
            for row in result.orderings.completeness
        ),
    )


def shares_table(result: Result) -> Table | None:
    """Proportions of every arm alone.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where there are no unadjusted proportions over all units.
    """
    found: dict[tuple[str, str], tuple[int, Span]] = {}
    for estimate in result.estimates:
        if estimate.estimand != "itt" or estimate.segment is not None:
            continue
        for arm, units, span in (
            (estimate.control, estimate.control_units, estimate.control_interval),
            (estimate.arm, estimate.arm_units, estimate.arm_interval),
        ):
            if span is not None:
                found.setdefault((estimate.metric or "", arm), (units, span))
    if not found:
        return None
    decimals = decimals_of([span for _, span in found.values()], "share")
    return Table(
        title="Each arm alone",
        about=(
            "Share of the arm's units with Wilson's interval; descriptive. Whether two arms differ "
            "is read from their contrast, not from two intervals that overlap or do not."
        ),
        head=("Metric", "Arm", "Units", "Share", "Interval"),
        rows=tuple(
            (
                metric,
                arm,
                count(units),
                number(span.estimate, "share", decimals),
                interval(span, "share", decimals),
            )
            for (metric, arm), (units, span) in found.items()
        ),
        words=frozenset({0, 1}),
    )


def sensitivity_table(result: Result) -> Table | None:
    """Other readings of the same contrasts.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where there are none.
    """
    if not result.sensitivity:
        return None
    return Table(
        title="Other readings",
        about="The same contrasts read another way; marginal, never the headline.",
        head=("Of", "Reading", "Control", "Arm", "Difference", "Interval", "p", "Method", "Status"),
        rows=tuple(_sensitivity_row(reading, result) for reading in result.sensitivity),
        words=frozenset({0, 1, 7, 8}),
    )


def methods(result: Result) -> tuple[tuple[str, str], ...]:
    """Every method that was used, and for what.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of (str, str)
    """
    used: dict[str, dict[str, None]] = {}
    for estimate in result.estimates:
        what = ESTIMAND.get(estimate.estimand, estimate.estimand)
        used.setdefault(estimate.method, {})[f"{what}: {estimate.metric or 'ordering'}"] = None
        if estimate.simultaneous is not None:
            family = estimate.simultaneous
            used.setdefault(family.method, {})[f"family {family.family}"] = None
    for test in result.omnibus:
        if test.estimand not in ASSOCIATION_TESTS:
            used.setdefault(test.test, {})["all arms at once"] = None
    return tuple((method, "; ".join(what)) for method, what in used.items())


def statuses(result: Result) -> tuple[tuple[str, str], ...]:
    """Every causal status that occurs, and what it means.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of (str, str)
    """
    seen = {estimate.causal_status for estimate in result.estimates}
    if result.orderings is not None:
        seen.add("descriptive")
    return tuple((STATUS[status], STATUSES[status]) for status in STATUS if status in seen)


def source_lines(result: Result) -> Iterator[str]:
    """What was read.

    Parameters
    ----------
    result : Result

    Yields
    ------
    str
        One line a source.
    """
    for source in result.data.sources:
        first = source.files[0] if source.files else NOTHING
        more = f" and {len(source.files) - 1:,} more" if len(source.files) > 1 else ""
        if source.opened_days is not None:
            first_day, last_day = source.opened_days
            more += (
                f"; {_several(source.unopened, 'file')} of days before {first_day} or after "
                f"{last_day} not opened"
            )
        yield (
            f"{source.name}: {_several(source.rows, 'row')} in "
            f"{_several(len(source.files), 'file')}, "
            f"{size(source.bytes)}: {first}{more}"
        )


def reproduction(result: Result) -> tuple[tuple[str, str], ...]:
    """How to make the result again: name and value.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of (str, str)
    """
    provenance, data = result.provenance, result.data
    rows = [
        ("Command", provenance.command or NOTHING),
        ("Definition", f"{_definition_file(result)} ({result.experiment.definition_hash})"),
        ("Data", data.fingerprint),
        *(("Source", line) for line in source_lines(result)),
        ("Read up to", moment(data.watermark) if data.watermark else "all rows (no times)"),
        ("Window", data.window or "none"),
        ("Look", look_words(result)),
        ("Engine", provenance.engine),
        ("Versions", ", ".join(f"{name} {value}" for name, value in provenance.versions.items())),
        ("SQL", provenance.sql_hash),
        ("Started", moment(provenance.started)),
        ("Seconds", ", ".join(f"{step} {took:.2f}" for step, took in provenance.seconds.items())),
    ]
    if provenance.data_root is not None:
        rows.insert(2, ("Data root", provenance.data_root))
    if provenance.seed is not None:
        rows.insert(-2, ("Seed", str(provenance.seed)))
    return tuple(rows)


def _sensitivity_row(reading: Sensitivity, result: Result) -> tuple[str, ...]:
    of = next((e for e in result.estimates if e.id == reading.of), None)
    shares = of is not None and of.kind == "proportion"
    difference: Quantity = "points" if shares else "plain_difference"
    decimals = decimals_of([reading.absolute], difference)
    value: Quantity = "share" if shares else "plain"
    absolute = reading.absolute
    return (
        ", ".join(
            filter(
                None,
                (
                    reading.metric or reading.of,
                    of.ordering.replace(">", " > ") if of and of.ordering else "",
                    f"{reading.arm} vs {reading.control}",
                ),
            )
        ),
        reading.reading,
        number(reading.control_value, value, decimals),
        number(reading.arm_value, value, decimals),
        number(absolute.estimate if absolute else None, difference, decimals),
        interval(absolute, difference, decimals),
        p_value(reading.p_value, of.alpha if of else None),
        reading.method,
        STATUS[reading.causal_status],
    )


def _tested(test: Omnibus) -> str:
    if test.p_adjusted is None:
        return test.test
    return f"{test.test}; p by {test.correction}, alone {p_value(test.p_value)}"


def _several(number_: int, word: str) -> str:
    return f"{number_:,} {word}" if number_ == 1 else f"{number_:,} {word}s"


def _figure_words(key: str, value: object) -> str:
    if key == "p_value" and isinstance(value, float | int):
        return f"p {_equals(p_value(float(value)))}"
    return named_figure(key.replace("_", " "), value)


def _equals(p: str) -> str:
    return p if p.startswith(("<", ">")) else f"= {p}"


def _definition_file(result: Result) -> str:
    """Where the definition lies; a comparison has none until it is written."""
    return result.experiment.file or "in no file, `pathlift compare --write` saves one"
