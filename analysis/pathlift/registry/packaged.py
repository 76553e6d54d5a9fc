"""Which stage rules come with pathlift? Reads experiments/presets, one file a kind of log."""

from functools import lru_cache
from typing import Final, get_args

from pathlift.places import examples_folder
from pathlift.registry.document import StageLog, StagesPart
from pathlift.registry.fields import Part, Text
from pathlift.registry.reading import read

LOGS: Final[tuple[str, ...]] = get_args(StageLog)
FOLDER: Final = "presets"


class PackagedRules(Part):
    """The stage rules of one kind of log, at three strengths."""

    events: dict[str, Text]
    """Values of `event` that the rules name, and what each stands for."""
    columns: dict[str, Text]
    """Columns of event rows that the rules name, beside our own names."""
    loose: StagesPart
    """Any sign of a stage."""
    base: StagesPart
    """The stages of an experiment that declares none."""
    strict: StagesPart
    """Explicit signs only."""


@lru_cache(maxsize=len(LOGS))
def packaged_rules(log: str) -> PackagedRules:
    """Read the rules of a kind of log.

    Parameters
    ----------
    log : str
        One of `LOGS`.

    Returns
    -------
    PackagedRules
    """
    written = read(examples_folder() / FOLDER / f"{log}.yaml")
    return PackagedRules.model_validate(written.value, context={})
