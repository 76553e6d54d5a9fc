"""The one road of a portfolio: a folder of saved results in, one value out. Writes nothing."""

import platform
from collections.abc import Collection
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pathlift.errors import PathliftError
from pathlift.portfolio.choosing import choose
from pathlift.portfolio.pooling import pool
from pathlift.portfolio.reading import Found, Progress, read_folder
from pathlift.portfolio.sentences import NOTHING, answers, assumptions
from pathlift.portfolio.sharing import shared_logs, shared_units
from pathlift.result.portfolio import (
    Combination,
    Portfolio,
    PortfolioExperiment,
    PortfolioProvenance,
)

ALPHA = 0.05
_LIBRARIES = ("pathlift", "numpy", "scipy", "statsmodels", "pydantic")


class SharedUnitsError(PathliftError):
    """Two experiments count the same units, so they cannot be combined as if apart."""


def combine_folder(
    folder: Path,
    *,
    metric: str | None = None,
    window: str | None = None,
    without: Collection[str] = (),
    alpha: float = ALPHA,
    command: str = "",
    progress: Progress | None = None,
) -> Portfolio:
    """Combine each contrast over all experiments whose result lies in a folder.

    Parameters
    ----------
    folder : Path
        Of all results, or any folder of results.
    metric : str, optional
        Whose effect is combined; else the outcome of each experiment.
    window : str, optional
        Of the experiments that are combined; else the most common one.
    without : collection of str
        Names of experiments to leave out.
    alpha : float, default 0.05
        One minus the level of the intervals, and of each family of p-values.
    command : str, optional
        What was typed, for the reproduction block.
    progress : callable, optional
        Called with the step and the share of it that is done, in [0, 1].

    Returns
    -------
    Portfolio

    Raises
    ------
    SharedUnitsError
        If two of the experiments that would be combined show that they share units; all pairs
        at once. A result that is left out for another reason is no reason to refuse.
    PathliftError
        If there is no result, or none has the metric, the window or a name asked for.
    """
    started = datetime.now(UTC)
    read = read_folder(folder, without=without, progress=progress)
    chosen = choose(read.found, metric=metric, window=window)
    if shared := shared_units(chosen.used):
        raise SharedUnitsError(shared)
    combinations = pool(chosen.numbers, kind=chosen.kind, better=chosen.better, alpha=alpha)
    said = answers(combinations, chosen.metric, chosen.kind)
    return Portfolio(
        folder=str(folder),
        metric=chosen.metric,
        kind=chosen.kind,
        window=chosen.window,
        sentence=said[0] if said else NOTHING,
        answers=said,
        experiments=tuple(_experiment(one, combinations) for one in read.found),
        combinations=combinations,
        left_out=(*read.left_out, *chosen.left_out),
        assumptions=assumptions(
            shared_logs(chosen.used),
            combinations,
            stages=any(c.estimand == "incidence" for c in combinations),
        )
        if combinations
        else (),
        provenance=PortfolioProvenance(
            versions={"python": platform.python_version()}
            | {library: version(library) for library in _LIBRARIES},
            command=command,
            started=started,
        ),
    )


def _experiment(one: Found, combinations: Collection[Combination]) -> PortfolioExperiment:
    result = one.result
    return PortfolioExperiment(
        name=one.name,
        title=result.experiment.title,
        file=str(one.path),
        window=result.data.window,
        units=result.data.units,
        interim=result.data.interim,
        verdict=result.decision.verdict,
        watermark=result.data.watermark,
        fingerprint=result.data.fingerprint,
        contrasts=sum(part.experiment == one.name for c in combinations for part in c.parts),
    )
