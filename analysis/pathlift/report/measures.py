"""Which metrics there are, within which window each counts, and how many units wait no longer."""

from pathlift.report.facts import Table
from pathlift.report.numbers import NOTHING, count
from pathlift.report.words import STATUS
from pathlift.result.measures import MetricPart
from pathlift.result.model import Result


def metrics_table(result: Result) -> Table | None:
    """Windows and mature units of every metric.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where no metric has a window and none is attributed: then there is nothing to wait
        for.
    """
    metrics = result.metrics
    if not any(metric.window or metric.attributed for metric in metrics):
        return None
    return Table(
        title="Metrics",
        about="A metric counts from first exposure to the end of its window; only units whose "
        "window is over, and the lag after it, enter it.",
        head=("Metric", "Kind", "Role", "Better", "Window", "Lag", "Mature units", "Read as"),
        rows=tuple(_row(metric) for metric in metrics),
        words=frozenset({0, 1, 2, 3, 4, 5, 7}),
    )


def _row(metric: MetricPart) -> tuple[str, ...]:
    return (
        metric.name,
        metric.kind,
        metric.role,
        NOTHING if metric.attributed else metric.better,
        metric.window or NOTHING,
        metric.lag or NOTHING,
        count(sum(metric.units.values())) if metric.units else NOTHING,
        f"{STATUS['descriptive']}, attributed" if metric.attributed else "contrast of arms",
    )
