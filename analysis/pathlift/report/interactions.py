"""What the test of arm by state or by segment says, before the contrasts within are read."""

from collections.abc import Iterator, Sequence

from pathlift.report.numbers import p_value
from pathlift.report.words import STATUS
from pathlift.result.model import Estimate, Omnibus, Result


def tested_first(group: str, result: Result) -> str:
    """The test that comes before a group of contrasts, as a sentence with a space before it.

    Parameters
    ----------
    group : str
        Key of the group.
    result : Result

    Returns
    -------
    str
        Empty for groups without such a test.
    """
    if group != "baseline":
        return ""
    return "".join(f" {said}" for said in _said(result))


def tested_between_levels(members: Sequence[Estimate], result: Result) -> Iterator[str]:
    """Whether contrasts of one metric differ between the levels of a segment.

    Parameters
    ----------
    members : sequence of Estimate
        Of one metric in the levels of one segment.
    result : Result

    Yields
    ------
    str
        One sentence, where the test is in the result.
    """
    metric, dimension = members[0].metric, next(iter(members[0].segment or {}), None)
    for test in result.omnibus:
        if (test.estimand, test.metric, test.segment) == ("interaction", metric, dimension):
            yield f"Do contrasts of {metric} differ between levels of {dimension}? {_answer(test)}"


def _said(result: Result) -> Iterator[str]:
    for test in result.omnibus:
        if test.segment == "baseline_state":
            yield f"Do contrasts of {test.metric} differ between states? {_answer(test)}"


def _answer(test: Omnibus) -> str:
    if test.not_estimated is not None:
        return f"Not estimated: {test.not_estimated['reason']}."
    p = p_value(test.p_value if test.p_adjusted is None else test.p_adjusted)
    equals = p if p.startswith(("<", ">")) else f"= {p}"
    how = "" if test.p_adjusted is None else f"; p by {test.correction}"
    return f"p {equals} ({test.test}{how}; {STATUS[test.causal_status]})."
