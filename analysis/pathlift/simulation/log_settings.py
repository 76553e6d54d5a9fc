"""The block `observation:` of a scenario: what is wrong with the log. Knows no rate of a shopper.

.. code-block:: yaml

    observation:
      batch: 1h                       # settings of the whole log
      skewed: 0.01                    # of every arm, unless the arm says otherwise
      arms:
        content: {lost: {need: 0.3}, missing: 0.05}
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ruamel.yaml.comments import CommentedMap

from pathlift.simulation.observation import CLEAN, SHARES, STAGES, Logging, Observation
from pathlift.simulation.reading import Document

_DAY = 86_400
OF_LOG = ("batch", "skew", "log_ends", "arms")
OF_ARM = ("lost", *SHARES, "missing", "starts_after")


def observation(
    document: Document,
    content: CommentedMap,
    *,
    arms: Iterable[str],
    classes: Iterable[str],
) -> Observation:
    """Read how the log is kept.

    Parameters
    ----------
    document : Document
        Receives what is wrong.
    content : CommentedMap
        The block.
    arms, classes : iterable of str
        Names that the scenario has.

    Returns
    -------
    Observation
        An arm that is not named has the settings of every arm.
    """
    names, kinds = tuple(arms), tuple(classes)
    document.blame_unknown(content, (*OF_LOG, *OF_ARM))
    of_all = _logging(document, content, CLEAN, kinds)
    by_arm = document.mapping(content, "arms")
    document.blame_unknown(by_arm, names)
    found = {}
    for name in names:
        settings = document.mapping(by_arm, name)
        document.blame_unknown(settings, OF_ARM)
        found[name] = _logging(document, settings, of_all, kinds)
    whole: dict[str, Any] = {}
    for key in ("batch", "skew"):
        if key in content:
            whole[key] = document.seconds(content, key)
    if "log_ends" in content:
        whole["log_ends"] = document.day(content, "log_ends")
    return Observation(arms=tuple(found.items()), **whole)


def _logging(
    document: Document, content: CommentedMap, base: Logging, classes: tuple[str, ...]
) -> Logging:
    """What a mapping says of an arm, on top of what is said of all."""
    changes: dict[str, Any] = {
        key: document.number(content, key, "probability") for key in SHARES if key in content
    }
    if "lost" in content:
        document.blame_unknown(document.mapping(content, "lost"), STAGES)
        changes["lost"] = tuple(document.numbers(content, "lost", "probability").items())
    if "missing" in content:
        changes["missing"] = _missing(document, content, classes)
    if "starts_after" in content:
        changes["starts_after"] = document.seconds(content, "starts_after", unit="d") // _DAY
    return replace(base, **changes)


def _missing(
    document: Document, content: CommentedMap, classes: tuple[str, ...]
) -> tuple[tuple[str, float], ...]:
    """One share of all units, or shares by class of shopper."""
    if not isinstance(content["missing"], CommentedMap):
        return (("", document.number(content, "missing", "probability")),)
    document.blame_unknown(content["missing"], classes)
    return tuple(document.numbers(content, "missing", "probability").items())
