"""`pathlift calibrate`: what we claim, measured."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pathlift.cli.app import STOPPED
from pathlift.cli.options import TALK, Flag, Talk, UsageError
from pathlift.cli.screen import color, progress_bar, width, write

_FAILED = 3  # as of a check: the run was fine, what it found is not
_SUFFIX = {"text": "txt", "json": "json", "md": "md"}


def calibrate_command(
    *,
    rows: Annotated[str | None, Parameter(metavar="K1,K7")] = None,
    quick: Annotated[bool, Flag] = False,
    replicates: int | None = None,
    seed: int = 1,
    jobs: int | None = None,
    format: Literal["text", "json", "md"] = "text",
    out: Annotated[Path | None, Parameter(metavar="DIR")] = None,
    common: Talk = TALK,
) -> int:
    """Measure error rates, coverage and power of every method on simulated data.

    Each row says what is claimed, what was found, and whether the truth can lie inside the target.
    Leaves with 3 when a row fails. Ctrl-C prints what was measured until then.

    Parameters
    ----------
    rows : str
        Ids of rows, separated by commas; else all.
    quick : bool
        Fewer replicates of the rows that are cheap: below a minute.
    replicates : int
        At most so many of each row.
    seed : int
        Every draw follows from it, whatever the number of processes.
    jobs : int
        Processes; else as many as there are cores.
    format : {"text", "json", "md"}
        How it is printed.
    out : Path
        Folder that receives calibration.md, .json or .txt in place of the screen.
    """
    if replicates is not None and replicates < 1:
        raise UsageError(f"--replicates is {replicates}; a row has at least one")
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs is {jobs}; at least one process computes")
    if seed < 0:
        raise UsageError(f"--seed is {seed}; a seed is a whole number of at least 0")
    from pathlift.calibration.running import calibrate
    from pathlift.calibration.table import TABLE
    from pathlift.report.calibration import (
        render_calibration_json,
        render_calibration_markdown,
        render_calibration_text,
    )
    from pathlift.result.saving import write_whole

    wanted = None if rows is None else [each.strip() for each in rows.split(",") if each.strip()]
    known = [row.id for row in TABLE]
    unknown = [each for each in wanted or () if each not in known]
    if unknown or wanted == []:
        raise UsageError(f"--rows has {', '.join(unknown) or 'none'}; rows are {', '.join(known)}")
    with progress_bar(common) as progress:
        found = calibrate(
            [row for row in TABLE if wanted is None or row.id in wanted],
            table=TABLE,
            seed=seed,
            quick=quick,
            replicates=replicates,
            processes=jobs or os.cpu_count() or 1,
            command=" ".join(("pathlift", *sys.argv[1:])),
            progress=progress,
        )
    match format:
        case "json":
            text = render_calibration_json(found)
        case "md":
            text = render_calibration_markdown(found)
        case "text":
            to_screen = out is None
            text = render_calibration_text(
                found, width=width() if to_screen else None, color=to_screen and color()
            )
    if out is None:
        write(text)
    else:
        path = out / f"calibration.{_SUFFIX[format]}"
        write_whole(path, text)
        write(f"{path}\n")
    if not found.complete:
        return STOPPED
    return _FAILED if found.failed else 0
