"""Which files an experiment reads, and whether they hold what its definition names.

Reads footers of Parquet and the text of CSV, no rows of Parquet beyond a sample for a hint. All
problems of all sources are found in one run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sqlglot import exp

from pathlift.errors import DataError, Problem
from pathlift.outcomes.bindings import derived_types
from pathlift.outcomes.csv_files import CsvFile, csv_parts
from pathlift.outcomes.described import Described
from pathlift.outcomes.engine import Engine, open_engine
from pathlift.outcomes.files import Form, Part, form_of, found, mix, parquet_parts, size_of
from pathlift.outcomes.pruning import Unopened, pruned, together
from pathlift.outcomes.relations import scan
from pathlift.outcomes.remote import RemoteError
from pathlift.outcomes.requirements import unmet
from pathlift.registry.addresses import Address
from pathlift.registry.experiment import Experiment, Source

__all__ = ["Described", "check_data", "describe", "files_of", "shown"]

_MAY_BE_EMPTY = ("exclude_units", "identities")
_TEXT_COLUMNS = ("arm", "received", "day")


def files_of(experiments: Iterable[Experiment]) -> tuple[str, ...]:
    """All files that experiments declare and that exist: what an engine may read.

    Parameters
    ----------
    experiments : iterable of Experiment

    Returns
    -------
    tuple of str
        Absolute, sorted, without repeats. Addresses of servers are asked only where they are globs.

    Raises
    ------
    DataError
        At the lines of the sources whose server cannot be asked which files it has.
    """
    files: set[str] = set()
    problems: list[Problem] = []
    for experiment in experiments:
        for source in experiment.data.sources:
            for path in (path for _, paths in _paths(source) for path in paths):
                try:
                    files.update(found(path))
                except RemoteError as error:
                    problems += [_placed(each, source, experiment) for each in error.problems]
    if problems:
        raise DataError(problems)
    return tuple(sorted(files))


def describe(engine: Engine, experiment: Experiment) -> Mapping[str, Described]:
    """Find and read the shape of every declared source.

    Parameters
    ----------
    engine : Engine
        Allowed to read `files_of` the experiment.
    experiment : Experiment

    Returns
    -------
    mapping of str to Described
        By name of the source.

    Raises
    ------
    DataError
        With all problems of all sources: no file, empty or broken files, missing columns, types
        that do not serve, units whose types differ.
    """
    described: dict[str, Described] = {}
    problems: list[Problem] = []
    for source in experiment.data.sources:
        try:
            described[source.name] = _described(engine, source, experiment)
        except DataError as error:
            problems.extend(error.problems)
    problems.extend(unmet(engine, experiment, described))
    if problems:
        raise DataError(sorted(dict.fromkeys(problems), key=_line))
    return described


def check_data(experiment: Experiment) -> tuple[Problem, ...]:
    """What `describe` would refuse, for ``pathlift check --data``.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    tuple of Problem
        Empty where the data can be read.
    """
    try:
        with open_engine(files_of([experiment])) as engine:
            describe(engine, experiment)
    except DataError as error:
        return error.problems
    return ()


def shown(file: str, experiment: Experiment) -> str:
    """A path as people wrote it: relative to the data root where it lies below it.

    Parameters
    ----------
    file : str
        Absolute.
    experiment : Experiment

    Returns
    -------
    str
        Unchanged where the file lies elsewhere.
    """
    if isinstance(file, Address):
        return str(file)
    root = experiment.data.root
    return str(Path(file).relative_to(root)) if Path(file).is_relative_to(root) else file


def _line(problem: Problem) -> tuple[int, int]:
    at = problem.at
    return (0, 0) if at is None else (at.line, at.column)


def _paths(source: Source) -> list[tuple[str | None, tuple[str, ...]]]:
    """Declared paths by name of the arm; None where an arm column tells it."""
    if source.arm_paths:
        return list(source.arm_paths.items())
    return [(None, source.paths)]


def _described(engine: Engine, source: Source, experiment: Experiment) -> Described:
    problems: list[Problem] = []
    chosen, wrong = _chosen(source, experiment)
    problems += wrong
    parts: list[Part] = []
    texts: list[CsvFile] = []
    unopened: list[Unopened] = []
    for (arm, path), all_files in chosen.items():
        files, left = pruned(engine, all_files, source, experiment)
        unopened += [] if left is None else [left]
        by_form, strange = _by_form(files, source, experiment)
        problems += strange
        texts += [CsvFile(file=file, below=path, arm=arm) for file in by_form.get("csv", ())]
        if "parquet" in by_form:
            try:
                read = parquet_parts(engine, by_form["parquet"], below=path)
                parts += [replace(part, arm=arm) for part in read]
            except DataError as error:
                problems += [_placed(problem, source, experiment) for problem in error.problems]
    if texts:
        try:
            as_text = [source.column(ours).name for ours in _TEXT_COLUMNS]
            parts += csv_parts(engine, texts, as_text=as_text)
        except DataError as error:
            problems += [_placed(problem, source, experiment) for problem in error.problems]
    if problems:
        raise DataError(problems)
    if not any(part.rows for part in parts) and source.name not in _MAY_BE_EMPTY:
        files = [shown(file, experiment) for part in parts for file in part.files]
        which = f"any of {len(files):,} files, such as " if len(files) > 1 else ""
        raise DataError([_about(source, f"no row in {which}{files[0]!r}")])
    return replace(_joined(engine, source, parts, experiment), unopened=together(unopened))


def _chosen(
    source: Source, experiment: Experiment
) -> tuple[dict[tuple[str | None, str], list[str]], list[Problem]]:
    """Files by arm and declared path; a file that two paths match is read once."""
    chosen: dict[tuple[str | None, str], list[str]] = {}
    taken: dict[str, str | None] = {}
    problems: list[Problem] = []
    for arm, paths in _paths(source):
        for path in paths:
            files = found(path)
            if not files:
                problems.append(_nothing(path, source, experiment))
            for file in files:
                if file not in taken:
                    taken[file] = arm
                    chosen.setdefault((arm, path), []).append(file)
                elif taken[file] != arm:
                    name = shown(file, experiment)
                    message = f"{name!r} stands for arm {taken[file]!r} and for {arm!r}"
                    problems.append(_about(source, message))
    return chosen, problems


def _by_form(
    files: Sequence[str], source: Source, experiment: Experiment
) -> tuple[dict[Form, list[str]], list[Problem]]:
    by_form: dict[Form, list[str]] = {}
    problems: list[Problem] = []
    for file in files:
        name = shown(file, experiment)
        try:
            empty = size_of([file]) == 0
            form = None if empty else form_of(file)
        except RemoteError as error:
            problems += [_placed(problem, source, experiment) for problem in error.problems]
            continue
        if empty:
            problems.append(_about(source, f"{name!r} is empty (0 bytes)"))
            continue
        if form is None:
            problems.append(
                _about(
                    source,
                    f"{name!r} is neither Parquet nor CSV",
                    "name files .parquet or .csv, and let the glob match only those",
                )
            )
        else:
            by_form.setdefault(form, []).append(file)
    return by_form, problems


def _joined(engine: Engine, source: Source, parts: list[Part], experiment: Experiment) -> Described:
    described = Described(
        source=source,
        parts=tuple(parts),
        columns=_common(parts),
        partial={name: shown(file, experiment) for name, file in _partial(parts).items()},
        mixed={
            name: " and ".join(
                f"{kind} in {shown(file, experiment)!r}" for kind, file in sorted(of.items())
            )
            for name, of in _mixed(parts).items()
        },
        arm_values={arm: experiment.arm(arm).value for arm in source.arm_paths},
    )
    if len(parts) > 1:  # one type per column over all parts, as a union of them has it
        types = engine.columns(exp.select("*").from_(scan(described)))
        described = replace(described, columns={name: types[name] for name in described.columns})
    return replace(described, derived=derived_types(engine, described, experiment))


def _nothing(path: str, source: Source, experiment: Experiment) -> Problem:
    name = shown(path, experiment)
    if isinstance(path, Address):
        return _about(source, f"no file matches {name!r}", "look at the bucket and the folders")
    if Path(path).is_dir():
        return _about(source, f"{name!r} is a folder", f"name its files: {name}/**/*.parquet")
    if any(sign in path for sign in "*?["):
        return _about(source, f"no file matches {name!r}", _nearest(path, experiment))
    return _about(source, f"there is no file {name!r}", _nearest(path, experiment))


def _nearest(path: str, experiment: Experiment) -> str:
    root, fixed = experiment.data.root, Path(path)
    if fixed.is_relative_to(root) and not root.is_dir():
        return (
            f"relative paths start at {str(root)!r}, and there is no such folder: that is "
            "`data.root`, or `--data-root DIR`"
        )
    while not fixed.exists() and fixed != fixed.parent:
        fixed = fixed.parent
    return f"looked in {fixed}; relative paths start at `data.root`, or at `--data-root DIR`"


def _about(source: Source, message: str, hint: str = "") -> Problem:
    return Problem(message=f"{source.name}: {message}", at=source.at, hint=hint)


def _placed(problem: Problem, source: Source, experiment: Experiment) -> Problem:
    """A problem of the engine, at the line that declares the source."""
    if problem.at is not None:
        return problem
    what = f"{shown(problem.subject, experiment)!r}: " if problem.subject else ""
    return _about(source, f"{what}{problem.message}", problem.hint)


def _common(parts: list[Part]) -> dict[str, str]:
    first, *rest = parts
    return {
        name: kind
        for name, kind in first.columns.items()
        if all(name in part.columns for part in rest)
    }


def _mixed(parts: list[Part]) -> dict[str, Mapping[str, str]]:
    """Columns of several types that are no one number, with a file of each type."""
    kinds: dict[str, dict[str, str]] = {}
    found: dict[str, Mapping[str, str]] = {}
    for part in parts:
        found |= part.mixed
        for name, kind in part.columns.items():
            kinds.setdefault(name, {}).setdefault(kind, part.files[0])
    for name, of in kinds.items():
        if mix(of):
            found.setdefault(name, of)
    return found


def _partial(parts: list[Part]) -> dict[str, str]:
    lacking = {name: file for part in parts for name, file in part.partial.items()}
    for part in parts:
        for other in parts:
            for name in other.columns:
                if name not in part.columns and name not in lacking:
                    lacking[name] = part.files[0]
    return lacking
