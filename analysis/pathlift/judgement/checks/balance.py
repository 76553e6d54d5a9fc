"""Do covariates known before exposure have the same mean in all arms? Methods 4, V17."""

from collections.abc import Iterator

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.omnibus import equality_of_means, wald
from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import clusters_drawn
from pathlift.judgement.checks.facts import not_checked
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check
from pathlift.statistics.centring import centred
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group


def balance(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Test all covariates at once for equal means over the arms.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``warn`` below p = .001: what makes arms unlike before they were treated stays in every
        effect, adjusted or not.
    """
    names = [name for name in statistics.covariates if name.startswith("x:")]
    if not names:
        yield not_checked("balance", "no covariate is declared.")
        return
    if clusters_drawn(experiment):
        yield not_checked("balance", "whole clusters were drawn: their covariates go together.")
        return
    arms = [arm.name for arm in experiment.analyzed_arms]
    table = statistics.moments.by(lambda group: None if group.population else Group(arm=group.arm))
    moments = centred(table, [Group(arm=arm) for arm in arms], names)
    varying = [
        index
        for index in range(len(names))
        if np.nanmin(np.diagonal(moments.covariance, axis1=1, axis2=2)[:, index]) > 0
    ]
    if moments.units.min() < 2 or not varying or len(arms) < 2:
        yield not_checked("balance", "no covariate varies in every arm.")
        return
    mean = moments.mean[:, varying]
    covariance = moments.covariance[:, varying][:, :, varying] / moments.units[:, None, None]
    differences = (mean[1:] - mean[0]).ravel()
    blocks = np.kron(np.ones((len(arms) - 1, len(arms) - 1)), covariance[0])
    for row in range(len(arms) - 1):
        part = slice(row * len(varying), (row + 1) * len(varying))
        blocks[part, part] += covariance[row + 1]
    try:
        found = wald(differences, blocks)
    except NotEstimableError:
        yield not_checked(
            "balance", "covariates say the same thing twice, so that no test is made."
        )
        return
    p = float(found.p_value)
    single = {
        names[index].removeprefix("x:"): float(
            equality_of_means(
                moments.mean[:, index],
                np.diag(moments.covariance[:, index, index] / moments.units),
            ).p_value
        )
        for index in varying
    }
    worst = min(single, key=lambda name: single[name])
    below = experiment.limits("balance")["warns_below_p"]
    off = p < below
    yield Check(
        id="balance",
        severity="warn" if off else "pass",
        scope="experiment",
        message=f"Covariates differ between arms before exposure ({words.p_value(p)}, below "
        f"{below:g}; most of all {worst}). Look for the causes of a split that is off: what "
        "assigns, logs or drops units unevenly."
        if off
        else f"Covariates are alike in all arms before exposure ({words.p_value(p)}).",
        figures={
            "statistic": float(found.statistic),
            "df": float(found.df),
            "p_value": p,
            "by_covariate": single,
            "means": {
                names[index].removeprefix("x:"): dict(
                    zip(arms, (float(value) for value in moments.mean[:, index]), strict=True)
                )
                for index in varying
            },
            "warns_below_p": below,
        },
    )
