"""`pathlift simulate`: logs with a known truth."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pathlift.cli.options import TALK, Talk, UsageError
from pathlift.cli.screen import counting, note, progress_bar, write


def simulate_command(
    scenario: str,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"], metavar="DIR")],
    units: int | None = None,
    seed: int | None = None,
    potential: Annotated[bool, Parameter(negative=())] = False,
    common: Talk = TALK,
) -> None:
    """Write Parquet logs with a known truth, and the truth.

    Parameters
    ----------
    scenario : str
        Name of a scenario, or a YAML file that changes one.
    output : Path
        Folder that receives data/journeys (or the folder of the scenario) and truth.json.
    units : int
        Planned units an arm; else as the scenario says.
    seed : int
        Every draw follows from it; else as the scenario says.
    potential : bool
        Write what would have become of every unit under every arm, too: potential_outcomes/.
    """
    from pathlift.simulation import scenario as find_scenario
    from pathlift.simulation import write_logs, write_potential_outcomes, write_truth

    world = find_scenario(scenario)
    if units is not None:
        if units < 1:
            raise UsageError(f"--units is {units}; a log has at least one unit")
        world = world.sized(units)
    if seed is not None:
        world = world.seeded(seed)
    with progress_bar(common) as progress:
        facts = write_logs(
            world,
            output,
            progress=counting("simulating", progress),
        )
        others = (
            write_potential_outcomes(world, output, progress=counting("other arms", progress))
            if potential
            else ()
        )
    truth = write_truth(world, output)
    note(
        common,
        f"{facts.units:,} units, {facts.exposures:,} exposures, {facts.events:,} events "
        f"in {len(facts.files)} files",
    )
    for path in (*facts.files, *others, truth):
        write(f"{path}\n")
