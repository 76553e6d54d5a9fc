"""`pathlift plan`: units, days and what can be found, before launch."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from pathlift.cli.completing import ExperimentName
from pathlift.cli.folders import definition_file
from pathlift.cli.options import DEFINITIONS, Definitions, refuse_no_memory
from pathlift.cli.screen import color, progress_bar, width, write
from pathlift.errors import DefinitionError


def plan_command(
    name: ExperimentName,
    *,
    format: Literal["text", "json", "md"] = "text",
    data_root: Path | None = None,
    memory: str | None = None,
    common: Definitions = DEFINITIONS,
) -> None:
    """Say how many units and days an experiment needs, and what it can find.

    Reads the definition: `plan` holds the lift worth finding, what metrics are without the
    experiment, and how many units come. With `history` the last two are read from past events.
    Where the plan needs more units than come, it leaves with 1 after it has printed what they find.

    Parameters
    ----------
    name : str
        Name of an experiment, or the path of a definition.
    format : {"text", "json", "md"}
        How it is printed.
    data_root : Path
        Folder that relative data paths start at.
    memory : str
        Budget of the engine, such as 4GB; else 60% of the machine.
    """
    refuse_no_memory(memory)
    from pathlift.planning.planning import plan
    from pathlift.planning.reach import out_of_reach
    from pathlift.registry.loading import load_experiment
    from pathlift.report.plan import render_plan_json, render_plan_markdown, render_plan_text

    experiment = load_experiment(definition_file(name, common), data_root=data_root)
    with progress_bar(common) as progress:
        planned = plan(experiment, memory=memory, progress=progress)
    match format:
        case "text":
            write(render_plan_text(planned, width=width(), color=color()))
        case "md":
            write(render_plan_markdown(planned))
        case "json":
            write(render_plan_json(planned))
    problems = out_of_reach(planned)
    if problems:
        raise DefinitionError([replace(problem, subject=experiment.file) for problem in problems])
