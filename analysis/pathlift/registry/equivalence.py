"""Which settings cannot stand beside an `equivalence`? It is tested once, and not for a difference.

Knows no numbers.
"""

from collections.abc import Sequence

from pathlift.registry.document import Document
from pathlift.registry.experiment import DecisionRule, Metric
from pathlift.registry.findings import Findings


def check_equivalence(
    findings: Findings, document: Document, metrics: Sequence[Metric], rule: DecisionRule
) -> None:
    """Report settings that would do nothing, or the wrong thing, to an `equivalence`.

    Two one-sided tests are made of it in place of the test of no difference, so nothing that
    corrects, repeats or sharpens that test can be meant.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    metrics : sequence of Metric
    rule : DecisionRule
    """
    same = [metric.name for metric in metrics if metric.equivalence is not None]
    if not same:
        return
    analysis = document.analysis
    name = same[0]
    if analysis.alpha >= 0.5:
        findings.add(
            f"`equivalence` of metric {name!r} tests each side at alpha, which is below 0.5",
            "analysis",
            "alpha",
        )
    if analysis.multiplicity.method == "graph":
        findings.add(
            f"`method: graph` hands on tests of no difference; metric {name!r} has `equivalence`",
            "analysis",
            "multiplicity",
            "method",
            hint="write `multiplicity: {method: max_t}`, or leave `equivalence` out",
        )
    looks: str = analysis.looks.kind
    if looks != "fixed":
        findings.add(
            f"`equivalence` of metric {name!r} is tested once; looks are {looks}",
            "analysis",
            "looks",
            "kind",
            hint="write `looks: {kind: fixed}`, or leave `equivalence` out",
        )
    _check_decision(findings, document, same, rule)


def _check_decision(
    findings: Findings, document: Document, same: Sequence[str], rule: DecisionRule
) -> None:
    for name in document.decision.worth:
        if name in same:
            findings.add_at_key(
                f"`worth` asks for a difference, and metric {name!r} is to be the same",
                "decision",
                "worth",
                name,
                hint="leave `worth` or the metric's `equivalence` out",
            )
    if rule.need == "any" and len(rule.success) > 1:
        for index, name in enumerate(rule.success):
            if name in same and document.decision.success is not None:
                findings.add(
                    f"metric {name!r} has `equivalence`, which cannot be one of several of which "
                    "any is enough",
                    "decision",
                    "success",
                    index,
                    hint="write `need: all`, or leave it out of `success`",
                )
