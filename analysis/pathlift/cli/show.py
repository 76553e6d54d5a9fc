"""`pathlift show`: one experiment in words."""

import json
import textwrap
from typing import Literal

from pathlift.cli.completing import ExperimentName
from pathlift.cli.folders import definition_file
from pathlift.cli.options import DEFINITIONS, Definitions
from pathlift.cli.screen import color, width, write


def show_command(
    name: ExperimentName,
    *,
    format: Literal["text", "json"] = "text",
    common: Definitions = DEFINITIONS,
) -> None:
    """Say in words what one experiment is.

    Parameters
    ----------
    name : str
        Name of an experiment, or the path of a definition.
    format : {"text", "json"}
        How it is printed; json has what the definition comes to, with its defaults.
    """
    from pathlift.registry.listing import describe
    from pathlift.registry.loading import load_experiment

    experiment = load_experiment(definition_file(name, common))
    if format == "json":
        from pathlift.registry.plain import as_plain

        write(json.dumps(as_plain(experiment), indent=2, ensure_ascii=False) + "\n")
        return
    for line in describe(experiment):
        write(f"{_fitted(line)}\n")


def _fitted(line: str) -> str:
    """A line as a terminal shows it: heads are bold, long ones hang; as it is in a pipe."""
    columns = width()
    if columns is None:
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    pieces = textwrap.wrap(
        line.strip(),
        columns,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    if indent or not color():
        return "\n".join(pieces)
    return "\n".join(f"\x1b[1m{piece}\x1b[0m" for piece in pieces)
