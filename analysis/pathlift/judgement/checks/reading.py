"""What did the reader of the files have to assume? Design 3."""

from collections.abc import Iterator

from pathlift.judgement import words
from pathlift.judgement.checks.facts import not_checked
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check
from pathlift.statistics.collected import Statistics


def naive_time(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Say which timestamps carried no zone, and what they were read as.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
    """
    columns = statistics.observations.get("naive_time", ())
    zone = experiment.data.timezone or "UTC"
    if not columns and not _has_times(experiment, statistics):
        yield not_checked("naive_time", "these data hold no times.")
        return
    yield Check(
        id="naive_time",
        severity="info" if columns else "pass",
        scope="experiment",
        message=(
            f"Times without a zone were read as {zone}: {words.listed(columns)}. If that is wrong, "
            "say so with `data.timezone`."
            if columns
            else "Every time carries its zone, or a declared one."
        ),
        figures={"columns": list(columns), "read_as": zone},
    )


def csv(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Say which files were CSV, whose types are guessed.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
    """
    files = statistics.observations.get("csv", ())
    yield Check(
        id="csv",
        severity="info" if files else "pass",
        scope="experiment",
        message=(
            f"Read from CSV, whose types are guessed from the text: {words.listed(files)}. Parquet "
            "keeps them."
            if files
            else "No source is CSV."
        ),
        figures={"files": list(files)},
    )


def hidden_columns(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Say which columns of a file a mapped name has hidden.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
    """
    columns = statistics.observations.get("hidden_columns", ())
    yield Check(
        id="hidden_columns",
        severity="info" if columns else "pass",
        scope="experiment",
        message=(
            f"Mapped names hide columns of the files: {words.listed(columns)}. Conditions read the "
            "mapped ones; rename the column if you mean the other."
            if columns
            else "No mapped name hides a column."
        ),
        figures={"columns": list(columns)},
    )


def _has_times(experiment: Experiment, statistics: Statistics) -> bool:
    return experiment.data.shape == "journeys" or statistics.watermark is not None
