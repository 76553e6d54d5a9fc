"""What was ever found of each experiment: all its saved results, and the files that are none."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pathlift.result.saving import LATEST, ResultError, Saved, load


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file among the results that is none of this version.

    Attributes
    ----------
    path : Path
    reason : str
        What is wrong with it, and what to do.
    """

    path: Path
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All saved results of one experiment.

    Attributes
    ----------
    name : str
        Of the experiment: of its folder.
    results : tuple of Saved
        By the end of their data, then by when they ran; each once.
    latest : Saved or None
        What ran last, so what `pathlift report NAME` shows; one of `results`. None without any.
    unread : tuple of Unread
        In the order of their names.
    """

    name: str
    results: tuple[Saved, ...] = ()
    latest: Saved | None = None
    unread: tuple[Unread, ...] = ()

    @property
    def outdated(self) -> bool:
        """Whether what ran last read data that end before those of another result."""
        if self.latest is None:
            return False
        end = self.latest.result.data.watermark
        ends = (one.result.data.watermark for one in self.results)
        return end is not None and any(other is not None and other > end for other in ends)


def read_histories(results: Path) -> tuple[History, ...]:
    """Read every saved result.

    Parameters
    ----------
    results : Path
        Folder of all results; it need not exist.

    Returns
    -------
    tuple of History
        One for each folder that holds a result or what should be one, by name.
    """
    folders = sorted(path for path in results.glob("*") if path.is_dir())
    histories = (_history(folder) for folder in folders)
    return tuple(one for one in histories if one.results or one.unread)


def _history(folder: Path) -> History:
    """Read one folder; ``latest.json`` is a copy, so it counts only where it is alone."""
    saved: list[Saved] = []
    unread: list[Unread] = []
    last: Saved | None = None
    for path in sorted(folder.glob("*.json"), key=lambda path: (path.name == LATEST, path.name)):
        twin = _twin(path, saved) if path.name == LATEST else None
        try:
            found = twin or Saved(result=load(path), path=path)
        except ResultError as error:
            unread.append(Unread(path=path, reason=_reason(error)))
            continue
        if path.name == LATEST:
            last = found
        if twin is None:
            saved.append(found)
    ordered = tuple(sorted(saved, key=_when))
    newest = last or max(ordered, key=lambda one: one.result.provenance.started, default=None)
    return History(name=folder.name, results=ordered, latest=newest, unread=tuple(unread))


def _twin(latest: Path, saved: Iterable[Saved]) -> Saved | None:
    """The result of which this file is the copy, to the byte; none where it cannot be read."""
    if not os.access(latest, os.R_OK) or not latest.is_file():
        return None  # reading it as a result says why
    text = latest.read_bytes()
    return next((one for one in saved if one.path.read_bytes() == text), None)


def _when(saved: Saved) -> tuple[datetime, datetime]:
    """End of the data, then the moment of the run; without times the moment alone."""
    started = saved.result.provenance.started
    return saved.result.data.watermark or datetime.min.replace(tzinfo=UTC), started


def _reason(error: ResultError) -> str:
    """All that is wrong, without the name of the file."""
    return "; ".join(
        f"{problem.message} ({problem.hint})" if problem.hint else problem.message
        for problem in error.problems
    )
