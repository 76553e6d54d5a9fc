"""`pathlift lock`: freeze the plan of an experiment before launch."""

from datetime import UTC, datetime
from typing import Annotated

from pathlift.cli.completing import ExperimentName
from pathlift.cli.folders import definition_file
from pathlift.cli.options import DEFINITIONS, Definitions, Flag
from pathlift.cli.screen import note, write


def lock_command(
    name: ExperimentName,
    *,
    replace: Annotated[bool, Flag] = False,
    common: Definitions = DEFINITIONS,
) -> None:
    """Freeze the plan of an experiment before launch.

    Writes NAME.lock.json beside the definition: commit both. Every later result lists what was
    changed since, and says so where that is what the decision is about.

    Parameters
    ----------
    name : str
        Name of an experiment, or the path of a definition.
    replace : bool
        Lock anew what was changed since it was locked, as before a launch that was put off.
    """
    from pathlift.errors import DefinitionError, Problem
    from pathlift.registry.loading import load_experiment
    from pathlift.registry.registration import lock_path, sealed
    from pathlift.result.saving import write_whole

    file = definition_file(name, common)
    experiment = load_experiment(file)
    path, locked = lock_path(file), experiment.registration
    if locked is not None and not locked.amendments and not replace:
        note(common, f"{path} holds this plan since {locked.locked_at:%Y-%m-%d %H:%M} UTC")
        return
    if locked is not None and not replace:
        raise DefinitionError(
            [
                Problem(
                    message=f"locked {locked.locked_at:%Y-%m-%d %H:%M} UTC, and changed since: "
                    + ", ".join(change.path for change in locked.amendments),
                    subject=str(path),
                    hint="results list these changes as amendments; --replace locks anew",
                )
            ]
        )
    text = sealed(
        experiment.name, experiment.definition, experiment.definition_hash, datetime.now(UTC)
    )
    write_whole(path, text)
    write(f"{path}\n")
