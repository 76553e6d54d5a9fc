"""Which saved results a folder holds. Combines nothing."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from pathlift.errors import Problem
from pathlift.result.model import Result
from pathlift.result.portfolio import LeftOut
from pathlift.result.saving import LATEST, ResultError, load

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A saved result and where it lies.

    Attributes
    ----------
    result : Result
    path : Path
    """

    result: Result
    path: Path

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.result.experiment.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What was found in a folder.

    Attributes
    ----------
    found : tuple of Found
        In the order of their names.
    left_out : tuple of LeftOut
        Files that are no result of this version, and experiments that nobody wanted.
    """

    found: tuple[Found, ...]
    left_out: tuple[LeftOut, ...]


def read_folder(
    folder: Path, *, without: Collection[str] = (), progress: Progress | None = None
) -> Folder:
    """Read the latest result of every experiment.

    Parameters
    ----------
    folder : Path
        Of all results, where the latest of each lies in ``NAME/latest.json``; or any folder of
        results, one a file.
    without : collection of str
        Names of experiments to leave out.
    progress : callable, optional
        Called with the step and the share of it that is done, in [0, 1].

    Returns
    -------
    Folder

    Raises
    ------
    ResultError
        If there is no result, or an experiment to be left out is not there.
    """
    found: list[Found] = []
    left_out: list[LeftOut] = []
    problems: list[Problem] = []
    files = _files(folder)
    for done, path in enumerate(files):
        if progress is not None:
            progress("results read", done / len(files))
        try:
            found.append(Found(result=load(path), path=path))
        except ResultError as error:
            problems += error.problems
            reason = "; ".join(problem.message for problem in error.problems)
            left_out.append(LeftOut(experiment=str(path), what="file", reason=reason))
    if not found:
        raise ResultError(problems or [_nothing(folder)])
    unknown = sorted(set(without) - {one.name for one in found})
    if unknown:
        names = ", ".join(sorted({one.name for one in found}))
        raise ResultError(
            [
                Problem(message=f"there is no result of {name!r} to leave out; there is {names}")
                for name in unknown
            ]
        )
    left_out += [
        LeftOut(experiment=one.name, what="experiment", reason="left out by `--without`")
        for one in found
        if one.name in without
    ]
    kept = [one for one in found if one.name not in without]
    return Folder(found=tuple(sorted(kept, key=lambda one: one.name)), left_out=tuple(left_out))


def _files(folder: Path) -> list[Path]:
    if (folder / LATEST).is_file():  # the folder of one experiment: older results of it lie beside
        return [folder / LATEST]
    latest = sorted(folder.glob(f"*/{LATEST}"))
    return [*latest, *sorted(path for path in folder.glob("*.json") if path.is_file())]


def _nothing(folder: Path) -> Problem:
    what = "no saved result" if folder.is_dir() else "no such folder"
    hint = "`pathlift analyze` saves one for every experiment; name its folder of results"
    return Problem(message=f"{what}", subject=str(folder), hint=hint)
