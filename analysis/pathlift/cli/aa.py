"""`pathlift aa`: error rates of one experiment's analysis, on its own data."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pathlift.cli.app import STOPPED
from pathlift.cli.completing import ExperimentName
from pathlift.cli.folders import definition_file
from pathlift.cli.options import DEFINITIONS, Definitions, UsageError, refuse_no_memory
from pathlift.cli.screen import color, progress_bar, width, write

_OFF = 3  # as of a check: the run was fine, what it found is not
_SUFFIX = {"text": "txt", "json": "json", "md": "md"}


def aa_command(
    name: ExperimentName,
    *,
    seconds: float | None = 60.0,
    replicates: int = 1000,
    looks: int = 14,
    lift: float | None = None,
    seed: int = 1,
    as_of: date | None = None,
    data_root: Path | None = None,
    memory: str | None = None,
    format: Literal["text", "json", "md"] = "text",
    out: Annotated[Path | None, Parameter(metavar="DIR")] = None,
    common: Definitions = DEFINITIONS,
) -> int:
    """Measure false positives, coverage and power of an experiment's analysis on its own data.

    Units are dealt into the arms anew, so that arms differ in nothing; then once more with an
    effect put in. Leaves with 3 where an error rate is not what is claimed. Ctrl-C prints what was
    measured until then.

    Parameters
    ----------
    name : str
        Name of an experiment, or the path of a definition.
    seconds : float
        Time that drawing may take; 0 for any.
    replicates : int
        Experiments to draw, at most.
    looks : int
        Looks of somebody who peeks, at equal steps of units; 1 leaves peeking out.
    lift : float
        To put into every metric, such as 0.05; else what each metric finds in 80%.
    seed : int
        Every draw follows from it.
    as_of : date
        Last day that is read.
    data_root : Path
        Folder that relative data paths start at.
    memory : str
        Budget of the engine, such as 4GB; else 60% of the machine.
    format : {"text", "json", "md"}
        How it is printed.
    out : Path
        Folder that receives aa-NAME.md, .json or .txt in place of the screen.
    """
    _refuse_nonsense(seconds, replicates, looks, lift, seed)
    refuse_no_memory(memory)
    from pathlift.calibration.own_data import Settings, try_on_own_data
    from pathlift.registry.loading import load_experiment
    from pathlift.report.own_data import (
        render_own_data_json,
        render_own_data_markdown,
        render_own_data_text,
    )
    from pathlift.result.saving import write_whole

    experiment = load_experiment(definition_file(name, common), data_root=data_root)
    settings = Settings(
        replicates=replicates, seconds=seconds or None, looks=looks, lift=lift, seed=seed
    )
    with progress_bar(common) as progress:
        found = try_on_own_data(
            experiment,
            settings,
            as_of=as_of,
            memory=memory,
            command=" ".join(("pathlift", *sys.argv[1:])),
            progress=progress,
        )
    match format:
        case "json":
            text = render_own_data_json(found)
        case "md":
            text = render_own_data_markdown(found)
        case "text":
            to_screen = out is None
            text = render_own_data_text(
                found, width=width() if to_screen else None, color=to_screen and color()
            )
    if out is None:
        write(text)
    else:
        path = out / f"aa-{experiment.name}.{_SUFFIX[format]}"
        write_whole(path, text)
        write(f"{path}\n")
    if not found.complete:
        return STOPPED
    return _OFF if found.off else 0


def _refuse_nonsense(
    seconds: float | None, replicates: int, looks: int, lift: float | None, seed: int
) -> None:
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise UsageError(f"--seconds is {seconds:g}; it is at least 0, and 0 allows any time")
    if replicates < 1:
        raise UsageError(f"--replicates is {replicates}; at least one experiment is drawn")
    if not 1 <= looks <= 100:
        raise UsageError(f"--looks is {looks}; from 1 to 100")
    if lift is not None and not (-1 < lift <= 10 and lift != 0):
        raise UsageError(f"--lift is {lift:g}; from above -1 to 10, such as 0.05, and not 0")
    if seed < 0:
        raise UsageError(f"--seed is {seed}; a seed is a whole number of at least 0")
