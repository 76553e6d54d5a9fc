"""Sparse proportions read once more, by exact probabilities. Never the headline.

A test of no difference, without an interval. Guardrails are held against their margin, which it
does not know, so they are left out.
"""

from collections.abc import Iterable, Iterator

from pathlift.errors import NotEstimableError
from pathlift.inference.drafts import Counts, Draft
from pathlift.inference.exact import MOST_TABLES, boschloo, fisher
from pathlift.result.model import Sensitivity

FEWEST = 5
"""Successes and failures of an arm below which a contrast is read exactly as well (V20)."""


def exact_readings(drafts: Iterable[Draft]) -> Iterator[Sensitivity]:
    """Test sparse contrasts exactly.

    Parameters
    ----------
    drafts : iterable of Draft
        Of all kinds; only counted ones of metrics and incidences, over all units, are read.

    Yields
    ------
    Sensitivity
        Boschloo's test for a metric of small arms, else Fisher's; without p where the counts
        are beyond both, and the method says so.
    """
    for draft in drafts:
        counts, identity = draft.counts, draft.identity
        if counts is None or draft.refused or not _sparse(counts):
            continue
        if identity.segment is not None or identity.margin is not None:
            continue
        if identity.estimand not in ("itt", "incidence"):
            continue
        # orderings come by the dozen, and each Boschloo takes a third of a second
        p_value, method = _tested(counts, boschloos=identity.estimand == "itt")
        yield Sensitivity(
            of=identity.id,
            reading="exact",
            metric=identity.metric,
            arm=identity.arm,
            control=identity.control,
            arm_value=counts.x1 / counts.n1,
            control_value=counts.x0 / counts.n0,
            absolute=None,
            standard_error=None,
            p_value=p_value,
            method=method,
        )


def _sparse(counts: Counts) -> bool:
    cells = (counts.x1, counts.n1 - counts.x1, counts.x0, counts.n0 - counts.x0)
    return min(cells) < FEWEST


def _tested(counts: Counts, *, boschloos: bool) -> tuple[float | None, str]:
    x1, n1, x0, n0 = (round(each) for each in (counts.x1, counts.n1, counts.x0, counts.n0))
    if boschloos and (n1 + 1) * (n0 + 1) <= MOST_TABLES:
        return boschloo(x1, n1, x0, n0), "Boschloo's exact test of no difference"
    try:
        return fisher(x1, n1, x0, n0).p_value, "Fisher's exact test of no difference"
    except NotEstimableError as refusal:
        return None, f"not estimated: {refusal}"
