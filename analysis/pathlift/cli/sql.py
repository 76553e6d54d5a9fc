"""`pathlift sql`: the statements that an analysis runs."""

from datetime import date
from pathlib import Path

from pathlift.cli.completing import ExperimentName
from pathlift.cli.folders import definition_file
from pathlift.cli.options import DEFINITIONS, Definitions, Engine
from pathlift.cli.screen import progress_bar, write


def sql_command(
    name: ExperimentName,
    *,
    engine: Engine | None = None,
    as_of: date | None = None,
    data_root: Path | None = None,
    common: Definitions = DEFINITIONS,
) -> None:
    """Print the SQL that an analysis runs; it depends on the data, which are read.

    $now stands for the moment of the run, in microseconds since 1970.

    Parameters
    ----------
    name : str
        Name of an experiment, or the path of a definition.
    engine : {"duckdb", "spark"}
        Whose dialect; else what the definition says. spark reads the files as views source0,
        source1, and so on.
    as_of : date
        Last day that is read, in the experiment's time zone.
    data_root : Path
        Folder that relative data paths start at.
    """
    from pathlift.outcomes.collecting import sql
    from pathlift.registry.loading import load_experiment

    experiment = load_experiment(definition_file(name, common), data_root=data_root)
    with progress_bar(common) as progress:
        percent = None if progress is None else lambda done: progress("queries", done / 100)
        statements = sql(experiment, as_of=as_of, kind=engine, progress=percent)
    for title, statement in statements.items():
        write(f"-- {title}\n{statement.strip().rstrip(';')};\n\n")
