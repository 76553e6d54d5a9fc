"""What the test of arm by baseline state says, before the contrasts within states are read."""

from collections.abc import Iterator

from pathlift.report.numbers import p_value
from pathlift.report.words import STATUS
from pathlift.result.model import Omnibus, Result


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


def _said(result: Result) -> Iterator[str]:
    for test in result.omnibus:
        if test.segment == "baseline_state":
            yield f"Do contrasts of {test.metric} differ between states? {_answer(test)}"


def _answer(test: Omnibus) -> str:
    if test.not_estimated is not None:
        return f"Not estimated: {test.not_estimated['reason']}."
    p = p_value(test.p_value)
    equals = p if p.startswith(("<", ">")) else f"= {p}"
    return f"p {equals} ({test.test}; {STATUS[test.causal_status]})."
