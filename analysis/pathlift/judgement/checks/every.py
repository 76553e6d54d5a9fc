"""What has to hold before any number is believed? Runs every check; judges no effect."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from pathlift.judgement.checks.balance import balance
from pathlift.judgement.checks.calendar import duration, mix, paradox
from pathlift.judgement.checks.clusters import clusters
from pathlift.judgement.checks.columns import missing_covariate, missing_outcome, winsorising
from pathlift.judgement.checks.crossing import ambiguous_first_arm, crossover
from pathlift.judgement.checks.dealing import aa
from pathlift.judgement.checks.earlier import pre_period
from pathlift.judgement.checks.events import clock, coverage, duplicates, purchase_at_exposure
from pathlift.judgement.checks.exposures import (
    conflicting_columns,
    delivery,
    excluded_units,
    outside_period,
)
from pathlift.judgement.checks.identifying import identities
from pathlift.judgement.checks.instrument import instrument
from pathlift.judgement.checks.interference import interference
from pathlift.judgement.checks.landmark import landmark, positivity
from pathlift.judgement.checks.looking import peeking
from pathlift.judgement.checks.measurement import measurement
from pathlift.judgement.checks.outages import outages
from pathlift.judgement.checks.outliers import outliers
from pathlift.judgement.checks.precision import precision
from pathlift.judgement.checks.presets import presets
from pathlift.judgement.checks.purchases import purchase_ties
from pathlift.judgement.checks.reading import csv, hidden_columns, naive_time
from pathlift.judgement.checks.registration import registration
from pathlift.judgement.checks.skewness import skew
from pathlift.judgement.checks.sparse import counts
from pathlift.judgement.checks.split import srm
from pathlift.judgement.checks.stage_rules import rules
from pathlift.judgement.checks.stage_shares import carry_in, stages
from pathlift.judgement.checks.stages import mechanical, ties
from pathlift.judgement.checks.tables import invariants
from pathlift.judgement.checks.triggering import triggering
from pathlift.judgement.checks.twyman import twyman
from pathlift.judgement.checks.weeks import drift, novelty
from pathlift.judgement.checks.windows import maturity
from pathlift.judgement.checks.within import srm_within
from pathlift.registry.experiment import Experiment
from pathlift.registry.thresholds import THRESHOLDS
from pathlift.result.looks import Earlier
from pathlift.result.model import Check, ContrastLook, Estimate, SetThreshold
from pathlift.statistics.collected import Statistics
from pathlift.statistics.ties import break_ties

CheckFunction = Callable[[Experiment, Statistics], Iterable[Check]]

# In the order in which a reader wants them: who is compared, what was logged, what it can say.
CHECKS: dict[str, CheckFunction] = {
    "srm": srm,
    "srm_within": srm_within,
    "balance": balance,
    "pre_period": pre_period,
    "peeking": peeking,
    "registration": registration,
    "clusters": clusters,
    "interference": interference,
    "identities": identities,
    "crossover": crossover,
    "delivery": delivery,
    "ambiguous_first_arm": ambiguous_first_arm,
    "outside_period": outside_period,
    "excluded_units": excluded_units,
    "triggering": triggering,
    "maturity": maturity,
    "duration": duration,
    "mix": mix,
    "paradox": paradox,
    "drift": drift,
    "novelty": novelty,
    "coverage": coverage,
    "duplicates": duplicates,
    "purchase_at_exposure": purchase_at_exposure,
    "clock": clock,
    "stages": stages,
    "ties": ties,
    "purchase_ties": purchase_ties,
    "mechanical": mechanical,
    "carry_in": carry_in,
    "outages": outages,
    "measurement": measurement,
    "landmark": landmark,
    "positivity": positivity,
    "rules": rules,
    "presets": presets,
    "missing_outcome": missing_outcome,
    "missing_covariate": missing_covariate,
    "conflicting_columns": conflicting_columns,
    "winsorising": winsorising,
    "skew": skew,
    "outliers": outliers,
    "counts": counts,
    "naive_time": naive_time,
    "csv": csv,
    "hidden_columns": hidden_columns,
    "invariants": invariants,
    "aa": aa,
}

# Those that read estimates, in their order after the others.
_OF_ESTIMATES = ("instrument", "precision", "twyman")

CHECK_IDS = (*CHECKS, *_OF_ESTIMATES)
"""Every check of a result, in its order."""

# Those that read ties as they were logged, also where a priority breaks them.
_AS_LOGGED = frozenset({"ties"})
# Those that read what earlier looks saw.
_OVER_LOOKS = {"srm": srm, "peeking": peeking}


def run_checks(
    experiment: Experiment,
    statistics: Statistics,
    earlier: Sequence[Earlier] = (),
    estimates: Sequence[Estimate] = (),
    looks: Sequence[ContrastLook] = (),
) -> tuple[Check, ...]:
    """Run every check.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
        Of one run of that experiment.
    earlier : sequence of Earlier, optional
        Looks at data that ended before these.
    estimates : sequence of Estimate, optional
        What was made of them, for the checks that read it.
    looks : sequence of ContrastLook, optional
        Boundaries of this look, where there are several.

    Returns
    -------
    tuple of Check
        At least one of each of `CHECK_IDS`, in that order. A rule whose fields are not declared is
        ``not_checked`` and says what would have to be declared; it is never left out.
    """
    over_looks: dict[str, CheckFunction] = {
        id: partial(run, earlier=earlier) for id, run in _OVER_LOOKS.items()
    }
    read = break_ties(statistics, experiment.priority)
    found = (
        *(
            check
            for id, run in (CHECKS | over_looks).items()  # in the order of the first
            for check in run(experiment, statistics if id in _AS_LOGGED else read)
        ),
        *instrument(experiment, estimates),
        *precision(experiment, estimates, looks),
        *twyman(experiment, estimates),
    )
    return tuple(_with_thresholds(experiment, check) for check in found)


def _with_thresholds(experiment: Experiment, check: Check) -> Check:
    """A check with those of its thresholds that the definition moves."""
    moved = {
        name: SetThreshold(value=value, default=THRESHOLDS[check.id][name].default)
        for name, value in experiment.checks.get(check.id, {}).items()
        if value != THRESHOLDS[check.id][name].default
    }
    return check.model_copy(update={"thresholds": moved}) if moved else check
