"""Can a plan be carried out? Reads the finished plan, computes nothing."""

from pathlift.errors import Problem
from pathlift.judgement.words import count
from pathlift.result.plan import Plan


def out_of_reach(plan: Plan) -> tuple[Problem, ...]:
    """What keeps a plan from being carried out.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    tuple of Problem
        Empty where it can be: it needs more units than the longest run brings, or nothing that
        decides could be planned.
    """
    if plan.total is None:
        deciding = [metric for metric in plan.metrics if metric.decides]
        return tuple(
            Problem(message=f"{metric.metric!r} is not planned: {metric.not_planned['reason']}")
            for metric in deciding
            if metric.not_planned is not None
        )
    run = plan.run
    if run is None or run.days is not None:
        return ()
    return (
        Problem(
            message=f"the plan needs {count(plan.total)} units, and {run.longest_days // 7} weeks "
            f"bring {count(run.longest_units)}",
            hint="plan for a larger lift, longer (`plan.longest`), or with covariates "
            "(`variance_explained`); what these units find is printed above",
        ),
    )
