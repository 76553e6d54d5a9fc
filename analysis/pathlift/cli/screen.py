"""Where words go: data to stdout, everything else to stderr. Progress only on a terminal."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from pathlift.cli.options import Talk

Progress = Callable[[str, float], None]


def write(text: str) -> None:
    """Write data to stdout, as it is.

    Parameters
    ----------
    text : str
        With its line end.
    """
    sys.stdout.write(text)
    sys.stdout.flush()


def note(common: Talk, text: str) -> None:
    """Tell the person something beside the data, unless they asked for quiet.

    Parameters
    ----------
    common : Talk
    text : str
        Never wrapped, so that a path can be copied.
    """
    if not common.quiet:
        complain(text)


def complain(text: str) -> None:
    """Tell the person something that they must know.

    Parameters
    ----------
    text : str
    """
    sys.stderr.write(text.rstrip("\n") + "\n")
    sys.stderr.flush()


def width() -> int | None:
    """Columns that stdout has.

    Returns
    -------
    int or None
        None where stdout is no terminal.
    """
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def color() -> bool:
    """Whether stdout takes colours.

    Returns
    -------
    bool
        Not in a pipe, not with ``NO_COLOR`` set to anything (no-color.org), not on a dumb terminal.
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()


def is_watched(common: Talk) -> bool:
    """Whether somebody sees how far it is.

    Parameters
    ----------
    common : Talk

    Returns
    -------
    bool
    """
    return not common.quiet and sys.stderr.isatty()


@contextmanager
def progress_bar(common: Talk, about: str = "") -> Iterator[Progress | None]:
    """Show progress on stderr while the block runs; nothing of it stays.

    Parameters
    ----------
    common : Talk
    about : str, optional
        What the steps belong to, such as an experiment of several.

    Yields
    ------
    callable or None
        Takes a step and the share of it that is done, in [0, 1]; 0 where nobody knows how long it
        takes, so that the bar moves to and fro. None where nobody watches.
    """
    if not is_watched(common):
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskID,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def report(step: str, share: float) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(f"{about} {step}".strip(), total=None)
            if share > 0:
                bar.update(tasks[step], total=1.0, completed=share)

        yield report


Item = TypeVar("Item")


def watched(items: Sequence[Item], step: str, progress: Progress | None) -> Iterator[Item]:
    """Go through items, and tell how many of them are done.

    Parameters
    ----------
    items : sequence
    step : str
        What is done with them.
    progress : callable or None
        From `progress_bar`.

    Yields
    ------
    item
    """
    for done, item in enumerate(items):
        if progress is not None:
            progress(step, done / len(items))
        yield item


def counting(step: str, progress: Progress | None) -> Callable[[int, int], None] | None:
    """Progress of one step for what counts its work.

    Parameters
    ----------
    step : str
        Its name on the bar.
    progress : callable or None
        From `progress_bar`.

    Returns
    -------
    callable or None
        Takes how much is done and how much there is, above 0; None where nobody watches.
    """
    if progress is None:
        return None
    return lambda done, total: progress(step, done / total)
