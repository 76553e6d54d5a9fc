"""Which folder holds the definitions, which the results, and what a word on the line names."""

import os
from pathlib import Path

from pathlift.cli.options import Common, Definitions
from pathlift.registry.loading import SUFFIXES, find, names
from pathlift.registry.loading import registry_folder as chosen_or_default


def registry_folder(common: Definitions) -> Path:
    """Find the folder of the definitions.

    Parameters
    ----------
    common : Definitions

    Returns
    -------
    Path
        ``--registry`` or ``PATHLIFT_REGISTRY``, else ``./experiments``, else the current folder.
    """
    return chosen_or_default(common.registry)


def results_folder(common: Common) -> Path:
    """Find the folder of the results.

    Parameters
    ----------
    common : Common

    Returns
    -------
    Path
        ``--results``, else ``results`` beside the registry; inside the current folder where that
        is the registry, so that nothing is written above it.
    """
    if common.results is not None:
        return common.results
    registry = registry_folder(common)
    return Path("results") if registry == Path() else registry.parent / "results"


def saved_result(what: str, common: Common) -> Path:
    """Find the latest result of an experiment.

    Parameters
    ----------
    what : str
        Its name, as typed.
    common : Common

    Returns
    -------
    Path

    Raises
    ------
    ResultError
        If none was saved, with the name that was meant.
    """
    from pathlift.result.saving import find as find_saved  # pydantic costs 100 ms

    registry = registry_folder(common)
    return find_saved(what, results_folder(common), names(registry) if registry.is_dir() else ())


def is_folder(what: str, common: Definitions) -> bool:
    """Whether a word means every experiment of a folder.

    Parameters
    ----------
    what : str
        As typed.
    common : Definitions

    Returns
    -------
    bool
        A name of the registry wins over a folder of the same name; ``./name`` is the folder.
    """
    if not Path(what).is_dir():
        return False
    if os.sep in what or what in (".", ".."):
        return True
    registry = registry_folder(common)
    return not registry.is_dir() or what not in names(registry)


def definition_file(what: str, common: Definitions) -> Path:
    """Find the definition that a word names.

    Parameters
    ----------
    what : str
        A name of the registry, or the path of a file.
    common : Definitions

    Returns
    -------
    Path

    Raises
    ------
    DefinitionError
        If there is none; the hint suggests the closest name.
    """
    if what.endswith(SUFFIXES):
        return find(what if os.sep in what else f".{os.sep}{what}", ".")
    return find(what, registry_folder(common))
