"""The history of one experiment: each saved result with the number that decided, newest first."""

from dataclasses import dataclass

from pathlift.report.facts import look_words, verdict_words
from pathlift.report.numbers import count, moment
from pathlift.result.history import History
from pathlift.result.saving import Saved
from pathlift.site.index import SIGN, Deciding, deciding_of, read_up_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One saved result.

    Attributes
    ----------
    report : str
        Name of its page, in the folder of the experiment.
    read_up_to : str
        Last day of its data.
    latest : bool
        Whether it ran last.
    verdict, sign, words : str
        Of the result.
    deciding : Deciding or None
    matured, look, ran : str
    definition : str
        Whether the definition is that of the result before it.
    """

    report: str
    read_up_to: str
    latest: bool
    verdict: str
    sign: str
    words: str
    deciding: Deciding | None
    matured: str
    look: str
    ran: str
    definition: str


def past_of(history: History) -> tuple[Past, ...]:
    """Every result of an experiment, the end of its data last first.

    Parameters
    ----------
    history : History

    Returns
    -------
    tuple of Past
        All bars are on one scale.
    """
    before = (None, *history.results)[:-1]  # as many as there are results, none included
    told = zip(history.results, before, deciding_of(history.results), strict=True)
    past = [
        _past(saved, earlier, deciding, latest=saved is history.latest)
        for saved, earlier, deciding in told
    ]
    return tuple(reversed(past))


def report_of(saved: Saved) -> str:
    """Name of the page of one result.

    Parameters
    ----------
    saved : Saved

    Returns
    -------
    str
    """
    return f"{saved.path.stem}.html"


def _past(saved: Saved, earlier: Saved | None, deciding: Deciding | None, *, latest: bool) -> Past:
    result = saved.result
    verdict = result.decision.verdict
    return Past(
        report=report_of(saved),
        read_up_to=read_up_to(result),
        latest=latest,
        verdict=verdict,
        sign=SIGN[verdict],
        words=verdict_words(result),
        deciding=deciding,
        matured=f"{count(result.data.matured_units)} of {count(result.data.units)}",
        look=look_words(result),
        ran=moment(result.provenance.started),
        definition=_definition(saved, earlier),
    )


def _definition(saved: Saved, earlier: Saved | None) -> str:
    if earlier is None:
        return "the first"
    now, then = saved.result.experiment, earlier.result.experiment
    return "the same" if now.definition_hash == then.definition_hash else "changed"
