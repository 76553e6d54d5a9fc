"""`pathlift show`: one experiment in words."""

from pathlift.cli.completing import ExperimentName
from pathlift.cli.folders import definition_file
from pathlift.cli.options import DEFINITIONS, Definitions
from pathlift.cli.screen import write


def show_command(name: ExperimentName, *, common: Definitions = DEFINITIONS) -> None:
    """Say in words what one experiment is.

    Parameters
    ----------
    name : str
        Name of an experiment, or the path of a definition.
    """
    from pathlift.registry.listing import describe
    from pathlift.registry.loading import load_experiment

    for line in describe(load_experiment(definition_file(name, common))):
        write(f"{line}\n")
