"""`pathlift plan`: units, days and what can be found, before launch."""

from typing import Literal

from pathlift.cli.folders import definition_file
from pathlift.cli.options import DEFINITIONS, Definitions
from pathlift.cli.screen import color, width, write


def plan_command(
    name: str,
    *,
    format: Literal["text", "json", "md"] = "text",
    common: Definitions = DEFINITIONS,
) -> None:
    """Say how many units and days an experiment needs, and what it can find.

    Reads the definition: `plan` holds the lift worth finding, what metrics are without the
    experiment, and how many units come.

    Parameters
    ----------
    name : str
        Name of an experiment, or the path of a definition.
    format : {"text", "json", "md"}
        How it is printed.
    """
    from pathlift.planning.planning import plan
    from pathlift.registry.loading import load_experiment
    from pathlift.report.plan import render_plan_json, render_plan_markdown, render_plan_text

    planned = plan(load_experiment(definition_file(name, common)))
    match format:
        case "text":
            write(render_plan_text(planned, width=width(), color=color()))
        case "md":
            write(render_plan_markdown(planned))
        case "json":
            write(render_plan_json(planned))
