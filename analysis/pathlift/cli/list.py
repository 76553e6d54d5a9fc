"""`pathlift list`: the experiments of the registry."""

import json
from dataclasses import asdict
from typing import Annotated, Literal

from cyclopts import Parameter

from pathlift.cli.app import refusal
from pathlift.cli.folders import registry_folder
from pathlift.cli.grid import print_grid
from pathlift.cli.options import DEFINITIONS, Definitions, UsageError
from pathlift.cli.screen import complain, note, write
from pathlift.errors import DefinitionError


def list_command(
    *,
    select: Annotated[
        tuple[str, ...], Parameter(consume_multiple=True, negative="", metavar="KEY:VALUE")
    ] = (),
    format: Literal["text", "json"] = "text",
    common: Definitions = DEFINITIONS,
) -> int:
    """List the experiments of the registry.

    Parameters
    ----------
    select : tuple of str
        Only those that have everything named, such as tag:kitchen status:running.
    format : {"text", "json"}
        How it is printed.
    """
    from pathlift.registry.listing import rows, unmatched
    from pathlift.registry.listing import select as selected
    from pathlift.registry.loading import load_folder

    registry = registry_folder(common)
    experiments, problems = load_folder(registry)
    try:
        found = rows(selected(experiments, select))
    except DefinitionError as error:
        raise UsageError(str(error)) from error
    if format == "json":
        write(json.dumps([asdict(row) for row in found], indent=2, ensure_ascii=False) + "\n")
    elif found:
        head = ("Name", "Status", "Shape", "Arms", "Primary", "Period", "Tags", "Title")
        print_grid(
            head,
            [
                (
                    row.name,
                    row.status,
                    row.shape,
                    ", ".join(row.arms),
                    row.primary,
                    row.period,
                    ", ".join(row.tags),
                    row.title,
                )
                for row in found
            ],
        )
    else:
        said = unmatched(experiments, select)
        for line in said or (
            f"no experiment in {registry}" + (" that has all of that" if select else ""),
        ):
            note(common, line)
    if problems:
        complain(refusal(DefinitionError(problems)))
    return 1 if problems else 0
