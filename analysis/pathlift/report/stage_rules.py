"""A table of reports: on which surfaces and in which arms each rule of a stage fires."""

from collections.abc import Iterator

from pathlift.report.facts import Table
from pathlift.report.numbers import NOTHING, number
from pathlift.result.model import Result
from pathlift.result.stage_rules import RuleFiring, StageRules


def stage_rules_table(result: Result) -> Table | None:
    """Share of each arm's units for whom a rule fired, by surface.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where stages are no rules.
    """
    if result.orderings is None or not result.orderings.rules:
        return None
    rules = [rule for stage in result.orderings.rules for rule in stage.rules]
    arms = tuple(dict.fromkeys(firing.arm for rule in rules for firing in rule.firings))
    declared = any(rule.surfaces is not None for rule in rules)
    where = (
        "Everywhere: it fires wherever the stage is seen, in every arm; a stage without such a "
        "rule hangs on single surfaces."
        if declared
        else "No `surface` is declared, so it is not known on which ones."
    )
    return Table(
        title="Where stage rules fire",
        about="Share of the units of an arm for whom a rule held in the window; descriptive. "
        + where,
        head=("Stage", "Rule", *(["Surface"] if declared else []), *arms, "Everywhere"),
        rows=tuple(
            row
            for stage in result.orderings.rules
            for rule in stage.rules
            for row in _rows(stage, rule, arms, declared=declared)
        ),
        words=frozenset({0, 1, 2, len(arms) + 3} if declared else {0, 1, len(arms) + 2}),
    )


def _rows(
    stage: StageRules, rule: RuleFiring, arms: tuple[str, ...], *, declared: bool
) -> Iterator[tuple[str, ...]]:
    shares = {(firing.surface, firing.arm): firing.share for firing in rule.firings}
    for surface in dict.fromkeys(firing.surface for firing in rule.firings):
        yield (
            stage.stage,
            f"{rule.rule}: {rule.text}",
            *([surface or NOTHING] if declared else []),
            *(number(shares.get((surface, arm)), "share", 1) for arm in arms),
            NOTHING if rule.neutral is None else "yes" if rule.neutral else "no",
        )
