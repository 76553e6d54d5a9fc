"""`pathlift list`: the experiments of the registry."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from pathlift.cli.app import refusal
from pathlift.cli.folders import registry_folder
from pathlift.cli.grid import print_grid
from pathlift.cli.options import DEFINITIONS, Definitions, UsageError
from pathlift.cli.screen import complain, note, width, write
from pathlift.errors import DefinitionError

if TYPE_CHECKING:
    from pathlift.registry.listing import Row

_LONGEST = 40  # columns for the names of arms; `show` has them all


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
        _print(found)
    else:
        said = unmatched(experiments, select)
        for line in said or (
            f"no experiment in {registry}" + (" that has all of that" if select else ""),
        ):
            note(common, line)
    if problems:
        complain(refusal(DefinitionError(problems)))
    return 1 if problems else 0


def _print(found: Sequence["Row"]) -> None:
    """One line each in a pipe; on a terminal the title and the tags stand below."""
    piped = width() is None
    print_grid(
        ("Name", "Status", "Shape", "Arms", "Primary", "Period", "Tags", "Title"),
        [
            (
                row.name,
                row.status,
                row.shape,
                _arms(row.arms, piped=piped),
                row.primary,
                row.period,
                ", ".join(row.tags) if piped else "",
                row.title if piped or not row.tags else f"{row.title} [{', '.join(row.tags)}]",
            )
            for row in found
        ],
        folded=("Arms", "Period"),
        below="Title",
    )


def _arms(arms: tuple[str, ...], *, piped: bool) -> str:
    """All of them in a pipe; how many there are where a terminal would have no room."""
    named = ", ".join(arms)
    return named if piped or len(named) <= _LONGEST else f"{len(arms)} arms"
