"""Which metrics may be attributed ones? Those that decide nothing. Knows no numbers."""

from collections.abc import Sequence

from pathlift.registry.document import Document
from pathlift.registry.experiment import Metric
from pathlift.registry.findings import Findings


def check_attributed(
    findings: Findings, document: Document, metrics: Sequence[Metric], conversion: str | None
) -> None:
    """Report attributed metrics that would decide, or that orderings are made of.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    metrics : sequence of Metric
    conversion : str or None
        Name of the metric that is the outcome.
    """
    success = document.decision.success or ()
    for metric in metrics:
        if not metric.attributed:
            continue
        loc = ("metrics", metric.name, "attributed")
        if metric.role != "secondary" or metric.name in success:
            findings.add_at_key(
                f"metric {metric.name!r} is attributed, so its contrasts are no effects and decide "
                "nothing",
                *loc,
                hint="let the total over all touches decide, and keep this one `role: secondary`",
            )
        elif metric.name == conversion:
            findings.add_at_key(
                f"metric {metric.name!r} is the outcome, which orderings are made of",
                *loc,
                hint="give the attributed one a condition of its own",
            )
