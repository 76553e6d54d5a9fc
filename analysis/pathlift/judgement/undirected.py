"""What is only described has no good direction: it is different, or not shown to be."""

from pathlift.result.model import Estimate


def undirected(estimate: Estimate) -> Estimate:
    """An estimate that is no effect, without a word that praises or blames.

    Parameters
    ----------
    estimate : Estimate

    Returns
    -------
    Estimate
        ``descriptive``; neither direction is better, and its conclusion says so. Numbers stay.
    """
    directed = estimate.conclusion in ("better", "worse")
    return estimate.model_copy(
        update={
            "causal_status": "descriptive",
            "better": None,
            "conclusion": "different" if directed else estimate.conclusion,
        }
    )
