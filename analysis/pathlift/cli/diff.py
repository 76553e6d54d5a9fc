"""`pathlift diff`: what changed between two results."""

from pathlib import Path
from typing import Literal

from pathlift.cli.completing import ResultName
from pathlift.cli.folders import saved_result
from pathlift.cli.options import DEFAULT, Common
from pathlift.cli.screen import color, width, write


def diff_command(
    before: ResultName,
    after: ResultName,
    *,
    format: Literal["text", "json", "md"] = "text",
    common: Common = DEFAULT,
) -> None:
    """Say what changed between two results: definition, data, numbers, verdict.

    Parameters
    ----------
    before, after : str
        Name of an experiment, whose latest result is taken, or the file of a result.
    format : {"text", "json", "md"}
        How it is printed.
    """
    from pathlift.judgement.differing import difference
    from pathlift.report.difference import (
        render_difference_json,
        render_difference_markdown,
        render_difference_text,
    )
    from pathlift.result.saving import load

    first, second = (
        load(Path(what) if what.endswith(".json") else saved_result(what, common))
        for what in (before, after)
    )
    found = difference(first, second)
    match format:
        case "text":
            write(render_difference_text(found, width=width(), color=color()))
        case "md":
            write(render_difference_markdown(found))
        case "json":
            write(render_difference_json(found))
