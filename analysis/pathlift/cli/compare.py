"""`pathlift compare`: a plain A/B table without a definition."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pathlift.cli.completing import Table, columns
from pathlift.cli.options import TALK, Talk, TextFormat, UsageError, refuse_no_memory
from pathlift.cli.screen import color, note, progress_bar, width, write

if TYPE_CHECKING:
    from pathlift.comparison.wish import Wish

Columns = Annotated[
    tuple[str, ...],
    Parameter(negative="", metavar="COLUMN", show_default=False, completer=columns),
]
Ratios = Annotated[
    tuple[str, ...], Parameter(negative="", metavar="COLUMN/COLUMN", show_default=False)
]


def compare_command(
    file: Table,
    /,
    *,
    arm: Annotated[str, Parameter(metavar="COLUMN", completer=columns)],
    control: Annotated[str | None, Parameter(metavar="VALUE")] = None,
    proportion: Columns = (),
    mean: Columns = (),
    ratio: Ratios = (),
    covariate: Columns = (),
    unit: Annotated[str | None, Parameter(metavar="COLUMN", completer=columns)] = None,
    write_to: Annotated[Path | None, Parameter(name="--write", metavar="NAME.yaml")] = None,
    format: TextFormat = "text",
    memory: str | None = None,
    common: Talk = TALK,
) -> None:
    """Compare the arms of a table with one row per unit, without a definition.

    Such as: pathlift compare customers.parquet --arm group --control A --proportion converted
    --mean spend. Options that name columns may be repeated. Every number is flagged exploratory.

    Parameters
    ----------
    file : str
        Parquet or CSV, or a glob in quotes.
    arm : str
        Column that tells the arm.
    control : str
        How it writes the arm that the others are compared with.
    proportion : tuple of str
        Column of 0 and 1, or of booleans; the first one decides.
    mean : tuple of str
        Column of numbers; the first one decides where there is no proportion.
    ratio : tuple of str
        The sum of one column over that of another, such as revenue/orders.
    covariate : tuple of str
        Column known before the arms were drawn; makes intervals narrower.
    unit : str
        Column that was randomised: then repeated units are found.
    write_to : Path
        Write the definition that this stands for, with comments, and analyse it.
    format : {"text", "json", "jsonl", "md"}
        How it is printed.
    memory : str
        Budget such as 4GB; else 60% of the machine.
    """
    refuse_no_memory(memory)
    if write_to is not None:
        _refuse_place(write_to)
    from pathlift.comparison.comparing import (
        analyze_definition,
        beside,
        definition_of,
        in_no_file,
    )
    from pathlift.comparison.wish import Wish, ratio_of
    from pathlift.errors import DefinitionError
    from pathlift.result.saving import write_whole

    try:
        ratios = tuple(ratio_of(text) for text in ratio)
    except DefinitionError as error:
        raise UsageError(str(error)) from error
    wish = Wish(
        arm=arm,
        control=control,
        proportions=proportion,
        means=mean,
        ratios=ratios,
        covariates=covariate,
        unit=unit,
    )
    if not (proportion or mean or ratio):
        raise UsageError(
            "nothing to compare: name a column with --proportion or --mean, or two with "
            "--ratio revenue/orders"
        )
    place = beside(file) if write_to is None else write_to
    with progress_bar(common) as progress:
        text = definition_of(file, wish, folder=place.parent, progress=progress)
        result = analyze_definition(
            text,
            place,
            memory=memory,
            command=_command(file, wish, memory, write_to),
            progress=progress,
        )
    if write_to is None:
        result = in_no_file(result)
    else:
        write_whole(write_to, text)
    match format:
        case "json":
            from pathlift.report.json import render_json

            write(render_json(result))
        case "jsonl":
            from pathlift.report.json import render_jsonl

            write(render_jsonl([result]))
        case "md":
            from pathlift.report.markdown import render_markdown

            write(render_markdown(result))
        case "text":
            from pathlift.report.comparison import render_comparison

            write(render_comparison(result, width=width(), color=color()))
    if write_to is not None:
        note(common, f"wrote {write_to}: pathlift analyze {shlex.quote(str(write_to))}")


def _refuse_place(path: Path) -> None:
    if path.suffix not in (".yaml", ".yml"):
        raise UsageError(f"--write {path}: a definition is a file NAME.yaml")
    if path.exists():
        raise UsageError(f"--write {path}: is there already; name another file")


def _command(file: str, wish: "Wish", memory: str | None, definition: Path | None) -> str:
    """The line that gives the same result."""
    if definition is not None:
        words = ["pathlift", "analyze", str(definition)]
        return shlex.join([*words, *(() if memory is None else ("--memory", memory))])
    words = ["pathlift", "compare", file, "--arm", wish.arm]
    words += [] if wish.control is None else ["--control", wish.control]
    for option, values in (
        ("--proportion", wish.proportions),
        ("--mean", wish.means),
        ("--ratio", tuple(f"{one.numerator}/{one.denominator}" for one in wish.ratios)),
        ("--covariate", wish.covariates),
        ("--unit", () if wish.unit is None else (wish.unit,)),
        ("--memory", () if memory is None else (memory,)),
    ):
        for value in values:
            words += [option, value]
    return shlex.join(words)
