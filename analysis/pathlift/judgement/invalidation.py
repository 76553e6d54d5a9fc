"""Which estimates does a failed check take away? Numbers stay, only their status changes."""

from collections.abc import Iterable

from pathlift.judgement.maturity import parts_of
from pathlift.judgement.mechanical import (
    by_construction,
    mechanical_arms,
    over_arms_by_construction,
)
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Estimate, Omnibus

_OF_ITSELF = frozenset({"skew"})  # a ratio over a skewed mean has another shape
_OF_ORDERINGS = frozenset(
    {
        "incidence",
        "ordering_share",
        "first_step",
        "cumulative_incidence",
        "cumulative_share",
        "complier",
        "structural",
    }
)


def with_validity(
    experiment: Experiment,
    checks: Iterable[Check],
    estimates: Iterable[Estimate],
    omnibus: Iterable[Omnibus],
) -> tuple[tuple[Estimate, ...], tuple[Omnibus, ...]]:
    """Mark what failed checks hit as `invalid`.

    Parameters
    ----------
    experiment : Experiment
        Says which metrics are made of which.
    checks : iterable of Check
    estimates : iterable of Estimate
    omnibus : iterable of Omnibus

    Returns
    -------
    tuple of Estimate, tuple of Omnibus
        In the same order, numbers untouched. A check of scope ``experiment`` hits everything;
        ``orderings`` and ``stage:NAME`` hit incidences and ordering shares (of a stage: those that
        contain it, and `other`) and first steps (all: a stage that is not seen makes another the
        first); ``metric:NAME`` hits it and ratios over it (a skewed
        mean: it alone); ``segment:NAME`` its levels; ``arm:NAME`` contrasts with it and tests
        over all arms. Where check ``mechanical`` warns of an arm, what is about its orderings is
        ``descriptive``, and its first steps are ``invalid``.
    """
    given = tuple(checks)
    failed = [check for check in given if check.severity == "fail"]
    mechanical = mechanical_arms(experiment, given)
    marked = [
        estimate.model_copy(update={"causal_status": "invalid"})
        if any(_hits(experiment, check, estimate) for check in failed)
        else estimate
        for estimate in estimates
    ]
    tests = [
        test.model_copy(update={"causal_status": "invalid"})
        if any(_hits(experiment, check, test) for check in failed)
        else test
        for test in omnibus
    ]
    return (
        tuple(by_construction(e, mechanical) if _of_orderings(e) else e for e in marked),
        tuple(over_arms_by_construction(t, mechanical) if _of_orderings(t) else t for t in tests),
    )


def metrics_hit(experiment: Experiment, check: Check, metric: str) -> tuple[str, ...]:
    """Metrics whose failed check takes a metric away.

    Parameters
    ----------
    experiment : Experiment
    check : Check
    metric : str

    Returns
    -------
    tuple of str
        Itself, and what it is made of, unless the check is about the shape of one metric alone.
    """
    return (metric,) if check.id in _OF_ITSELF else _made_of(experiment, metric)


def _hits(experiment: Experiment, check: Check, about: Estimate | Omnibus) -> bool:
    kind, _, name = check.scope.partition(":")
    match kind:
        case "experiment":
            return True
        case "orderings":
            return _of_orderings(about)
        case "stage":
            return about.estimand == "first_step" or (
                _of_orderings(about) and _contains(about.ordering, name)
            )
        case "metric":
            return about.metric is not None and name in metrics_hit(experiment, check, about.metric)
        case "arm":
            return isinstance(about, Omnibus) or name in _arms_of(about)
        case "segment":
            return (
                name in (about.segment or ())
                if isinstance(about, Estimate)
                else (about.segment == name)
            )
        case _:
            raise ValueError(f"a check has no scope {check.scope!r}")


def _arms_of(estimate: Estimate) -> tuple[str, ...]:
    """Its two arms; those that it weighs where it compares levels of factors."""
    return (estimate.arm, estimate.control) if estimate.weights is None else (*estimate.weights,)


def _of_orderings(about: Estimate | Omnibus) -> bool:
    """Cumulative incidence over all orderings is conversion, which no label touches."""
    whole = about.estimand == "cumulative_incidence" and about.ordering is None
    return about.estimand in _OF_ORDERINGS and not whole


def _contains(ordering: str | None, stage: str) -> bool:
    """None is a test over all orderings; `other` holds whatever lost the stage."""
    return ordering is None or ordering == "other" or stage in ordering.replace("=", ">").split(">")


def _made_of(experiment: Experiment, metric: str) -> tuple[str, ...]:
    """A name that the experiment does not declare is made of nothing else."""
    for family in experiment.families:
        if family.name == metric:
            return (family.part, family.whole)
    declared = any(each.name == metric for each in experiment.metrics)
    return parts_of(experiment, metric) if declared else (metric,)
