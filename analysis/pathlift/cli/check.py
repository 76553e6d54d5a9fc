"""`pathlift check`: refuse or accept definitions, all problems in one run."""

from pathlib import Path
from typing import Annotated

from pathlift.cli.folders import registry_folder
from pathlift.cli.options import DEFINITIONS, Definitions, Flag
from pathlift.cli.screen import note, progress_bar, watched, write
from pathlift.errors import DefinitionError, Problem


def check_command(
    *paths: Path,
    data: Annotated[bool, Flag] = False,
    common: Definitions = DEFINITIONS,
) -> None:
    """Refuse or accept definitions; say all that is wrong in one run.

    Parameters
    ----------
    paths : tuple of Path
        Files and folders; else the registry.
    data : bool
        Also hold the columns of the data against the definitions; reads no rows of Parquet.
    """
    from pathlift.registry.loading import load_folder

    experiments, problems = load_folder(*(paths or (registry_folder(common),)))
    found: list[Problem] = list(problems)
    if data:
        from pathlift.outcomes.sources import check_data

        with progress_bar(common) as progress:
            for experiment in watched(experiments, "reading the data's columns", progress):
                found += check_data(experiment)
    refused = {problem.at.file for problem in found if problem.at is not None}
    for experiment in experiments:
        if experiment.file not in refused:
            write(f"{experiment.file}: ok\n")
    if found:
        raise DefinitionError(dict.fromkeys(found))
    many = "definition is" if len(experiments) == 1 else "definitions are"
    note(common, f"{len(experiments)} {many} sound" + (", and so are the data" if data else ""))
