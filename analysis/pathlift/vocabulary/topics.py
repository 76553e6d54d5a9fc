"""Where is a word explained? All topics of the vocabulary, under one roof."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pathlift.vocabulary.checks import CHECKS
from pathlift.vocabulary.estimands import ESTIMANDS, FAMILY_KINDS, KINDS, READINGS, ROLES
from pathlift.vocabulary.methods import METHODS
from pathlift.vocabulary.readings import (
    CONCLUSIONS,
    FINDINGS,
    FLAGS,
    SEVERITIES,
    STATUSES,
    VERDICTS,
)
from pathlift.vocabulary.words import WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A word in one of its meanings.

    Attributes
    ----------
    name : str
        As the result spells it.
    kind : str
        What it is a word for, such as ``check``.
    text : str
    source : str
        Author and year of a method; may be empty.
    """

    name: str
    kind: str
    text: str
    source: str = ""


_GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "check": CHECKS,
    "verdict": VERDICTS,
    "severity of a check": SEVERITIES,
    "causal status": STATUSES,
    "conclusion": {**CONCLUSIONS, **FINDINGS},
    "flag": FLAGS,
    "estimand": ESTIMANDS,
    "role of a metric": ROLES,
    "kind of metric": KINDS,
    "kind of family": FAMILY_KINDS,
    "other reading": READINGS,
}


def topics() -> tuple[Topic, ...]:
    """Every topic, kind by kind.

    Returns
    -------
    tuple of Topic
        A word may stand there more than once, as different kinds.
    """
    return tuple(_topics())


def kinds() -> tuple[str, ...]:
    """Kinds of topics, in the order of a listing.

    Returns
    -------
    tuple of str
    """
    return tuple(dict.fromkeys(topic.kind for topic in _topics()))


def spelled(word: str) -> str:
    """A word as the result spells it, whatever its case and however its parts are joined.

    Parameters
    ----------
    word : str

    Returns
    -------
    str

    Examples
    --------
    >>> spelled("Do not ship"), spelled("max-T")
    ('do_not_ship', 'max_t')
    """
    return "_".join(word.strip().lower().replace("-", " ").replace("_", " ").split())


def _topics() -> Iterator[Topic]:
    for kind, group in _GROUPS.items():
        for name, text in group.items():
            yield Topic(name=name, kind=kind, text=text)
    for method in METHODS:
        yield Topic(name=method.name, kind="method", text=method.text, source=method.source)
    for name, text in WORDS.items():
        yield Topic(name=name, kind="word", text=text)
