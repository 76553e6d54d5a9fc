"""Which experiments are there, and what does each declare? Knows files and folders, no data."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from pathlift.errors import DefinitionError, Problem
from pathlift.registry.experiment import Experiment
from pathlift.registry.findings import closest, did_you_mean
from pathlift.registry.reading import read
from pathlift.registry.registration import registration
from pathlift.registry.resolve import resolve

SUFFIXES: Final = (".yaml", ".yml")
VARIABLE: Final = "PATHLIFT_REGISTRY"


def load_experiment(path: Path | str, *, data_root: Path | str | None = None) -> Experiment:
    """Read one definition.

    Parameters
    ----------
    path : Path or str
        A file of YAML; messages show it as given.
    data_root : Path or str, optional
        Folder that relative data paths start at, in place of ``data.root`` of the file.

    Returns
    -------
    Experiment

    Raises
    ------
    DefinitionError
        With every problem of the file, or of its lock.
    """
    experiment = resolve(read(Path(path)), data_root=None if data_root is None else Path(data_root))
    return replace(experiment, registration=registration(Path(path), experiment.definition))


def load_folder(
    *paths: Path | str, data_root: Path | str | None = None
) -> tuple[tuple[Experiment, ...], tuple[Problem, ...]]:
    """Read every definition of some files and folders; one bad file does not hide another.

    Parameters
    ----------
    *paths : Path or str
        Files, or folders whose ``*.yaml`` and ``*.yml`` are read (not those of their subfolders).
    data_root : Path or str, optional
        As in `load_experiment`.

    Returns
    -------
    experiments : tuple of Experiment
        Those that are sound, by file.
    problems : tuple of Problem
        Of all others, by file and line.
    """
    experiments: list[Experiment] = []
    problems: list[Problem] = []
    first: dict[str, Path] = {}
    for path in paths:
        files, missing = _files(Path(path))
        problems += missing
        for file in files:
            if file in first.values():
                continue  # named twice, by folder and by file
            if file.stem in first:
                taken = f"the name {file.stem!r} is taken by {first[file.stem]}"
                problems.append(Problem(message=taken, subject=str(file), hint="rename one file"))
                continue
            first[file.stem] = file
            try:
                experiments.append(load_experiment(file, data_root=data_root))
            except DefinitionError as refusal:
                problems += refusal.problems
    return tuple(experiments), tuple(problems)


def registry_folder(
    chosen: Path | str | None = None, environment: Mapping[str, str] = os.environ
) -> Path:
    """Find the folder of the registry.

    Parameters
    ----------
    chosen : Path or str, optional
        What the user named; wins.
    environment : mapping of str to str
        Where ``PATHLIFT_REGISTRY`` is looked up next.

    Returns
    -------
    Path
        Then ``experiments`` where it is a folder, else the current folder.
    """
    if chosen is not None:
        return Path(chosen)
    if environment.get(VARIABLE):
        return Path(environment[VARIABLE])
    return Path("experiments") if Path("experiments").is_dir() else Path()


def names(registry: Path | str) -> tuple[str, ...]:
    """Name the experiments of a folder, sound or not.

    Parameters
    ----------
    registry : Path or str

    Returns
    -------
    tuple of str
        Sorted.

    Raises
    ------
    DefinitionError
        If there is no such folder.
    """
    return tuple(sorted(file.stem for file in _listed(Path(registry))))


def find(name: str, registry: Path | str) -> Path:
    """Find the file of an experiment.

    Parameters
    ----------
    name : str
        Name of an experiment, or the path of a file.
    registry : Path or str
        Folder that names are looked up in.

    Returns
    -------
    Path

    Raises
    ------
    DefinitionError
        If there is none; the hint suggests the closest name.
    """
    if name.endswith(SUFFIXES) or os.sep in name:
        if Path(name).is_file():
            return Path(name)
        raise DefinitionError(
            (Problem(message="no such file", subject=name, hint=spelled_alike(name)),)
        )
    by_name = {file.stem: file for file in _listed(Path(registry))}
    if name in by_name:
        return by_name[name]
    problem = f"no experiment {name!r} in {registry}"
    raise DefinitionError((Problem(message=problem, hint=did_you_mean(name, by_name)),))


def spelled_alike(path: Path | str) -> str:
    """Suggest what lies where a path points, and is spelled like it.

    Parameters
    ----------
    path : Path or str
        Of nothing.

    Returns
    -------
    str
        A hint; empty where nothing is near.
    """
    folder = Path(path).parent
    near = (
        closest(Path(path).name, [each.name for each in folder.iterdir()])
        if folder.is_dir()
        else None
    )
    return f"did you mean `{folder / near}`?" if near else ""


def _files(path: Path) -> tuple[list[Path], list[Problem]]:
    if path.is_file():
        return [path], []
    try:
        files = _listed(path)
    except DefinitionError as refusal:
        return [], list(refusal.problems)
    if not files:
        return [], [
            Problem(message="no *.yaml in this folder", subject=str(path), hint=_below(path))
        ]
    return files, []


def _below(folder: Path) -> str:
    """Where definitions lie that were meant: a registry is often one folder further down."""
    for one in sorted(each for each in folder.iterdir() if each.is_dir()):
        if not one.name.startswith(".") and any(each.suffix in SUFFIXES for each in one.iterdir()):
            return f"did you mean `{folder / one.name}`?"
    return ""


def _listed(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DefinitionError(
            (
                Problem(
                    message="no such file or folder",
                    subject=str(folder),
                    hint=spelled_alike(folder),
                ),
            )
        )
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix in SUFFIXES and file.is_file() and not file.name.startswith(".")
    )
