"""What a shell may offer for a word that is being typed. Reads names of files, no definition."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pathlift.registry.loading import SUFFIXES, names, registry_folder

if TYPE_CHECKING:
    from cyclopts.completion._engine import CompletionContext

_TABLES = (".parquet", ".pq", ".csv", ".tsv")


def experiments(context: "CompletionContext") -> tuple[str, ...]:
    """Names of the registry that the line names, else of the usual one, and paths.

    Parameters
    ----------
    context : CompletionContext
        Of cyclopts: what was typed so far.

    Returns
    -------
    tuple of str
        Empty where there is no registry.
    """
    folder = registry_folder(_typed(context, "registry"))
    known = names(folder) if folder.is_dir() else ()
    return (*known, *_paths(context.incomplete, SUFFIXES))


def results(context: "CompletionContext") -> tuple[str, ...]:
    """Names of experiments with a saved result, and paths.

    Parameters
    ----------
    context : CompletionContext

    Returns
    -------
    tuple of str
    """
    from pathlift.cli.folders import results_folder
    from pathlift.cli.options import Common

    registry, chosen = _typed(context, "registry"), _typed(context, "results")
    folder = results_folder(
        Common(
            registry=Path(registry) if registry else None,
            results=Path(chosen) if chosen else None,
        )
    )
    found = sorted(path.parent.name for path in folder.glob("*/latest.json"))
    return (*found, *_paths(context.incomplete, (".json",)))


def words(context: "CompletionContext") -> Mapping[str, str]:
    """Words that `pathlift explain` knows, each with what it is a word for.

    Parameters
    ----------
    context : CompletionContext

    Returns
    -------
    mapping of str to str
    """
    from pathlift.vocabulary.topics import topics

    return {topic.name: topic.kind for topic in topics()} if context.index == 0 else {}


def columns(context: "CompletionContext") -> Mapping[str, str]:
    """Columns of the table that the line names, each with its type.

    Parameters
    ----------
    context : CompletionContext

    Returns
    -------
    mapping of str to str
        Empty where no table is named yet, or it cannot be read.
    """
    file = _typed(context, "file")
    if file is None:
        return {}
    import duckdb

    with duckdb.connect() as connection:
        try:
            read = connection.read_csv if file.endswith((".csv", ".tsv")) else None
            table = read(file) if read else connection.read_parquet(file)
        except duckdb.Error:  # half a name is no table; a shell shows nothing then
            return {}
        return dict(zip(table.columns, map(str, table.types), strict=True))


def tables(context: "CompletionContext") -> tuple[str, ...]:
    """Parquet and CSV of the folder that is being typed.

    Parameters
    ----------
    context : CompletionContext

    Returns
    -------
    tuple of str
    """
    return tuple(_paths(context.incomplete or ".", _TABLES, anywhere=True))


def _typed(context: "CompletionContext", option: str) -> str | None:
    found = context.get(option)
    raw: str | None = None if found is None else found.raw
    return raw


def _paths(typed: str, suffixes: tuple[str, ...], *, anywhere: bool = False) -> Iterator[str]:
    """Folders and files of a kind, once the word looks like a path."""
    if os.sep not in typed and not typed.startswith(".") and not anywhere:
        return
    folder, _, _ = typed.rpartition(os.sep)
    for path in sorted(Path(folder or ".").glob("*")) if Path(folder or ".").is_dir() else ():
        shown = f"{folder}{os.sep}{path.name}" if folder or typed.startswith(os.sep) else path.name
        if path.is_dir():
            yield f"{shown}{os.sep}"
        elif path.suffix in suffixes:
            yield shown


ExperimentName = Annotated[str, Parameter(completer=experiments)]
ResultName = Annotated[str, Parameter(completer=results)]
Word = Annotated[str, Parameter(completer=words)]
Table = Annotated[str, Parameter(completer=tables)]
