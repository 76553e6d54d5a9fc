"""Which engine adds up the rows of an experiment? Opens it."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from pathlift.errors import DataError, Problem
from pathlift.outcomes.engine import Engine, open_engine
from pathlift.outcomes.remote import RemoteError, placed
from pathlift.outcomes.sources import files_of
from pathlift.registry.engine import REMOTE_VARIABLE, EngineKind
from pathlift.registry.experiment import Experiment


def engine_for(
    experiment: Experiment,
    *,
    kind: EngineKind | None = None,
    memory: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> Engine:
    """Open the engine of an experiment; the caller closes it.

    Parameters
    ----------
    experiment : Experiment
    kind : {'duckdb', 'spark'}, optional
        In place of what the definition says.
    memory : str, optional
        Of DuckDB, such as ``4GB``.
    progress : callable, optional
        Of DuckDB: called with the percentage done of the running query.

    Returns
    -------
    Engine

    Raises
    ------
    DataError
        If `memory` is no amount; with Spark, if there is no address or nobody answers there.
    """
    files = files_of([experiment])
    if (kind or experiment.engine.kind) == "duckdb":
        return open_engine(files, memory=memory, progress=progress)
    from pathlift.outcomes.spark.engine import open_spark  # pyspark, only where it is asked for

    try:
        return open_spark(files, remote=_remote(experiment), memory=memory)
    except RemoteError as error:
        raise placed(error, experiment) from error


@contextmanager
def engine_of_all(
    experiments: Sequence[Experiment], *, kind: EngineKind | None = None, memory: str | None = None
) -> Iterator[Engine | None]:
    """One engine for many experiments: opening one takes longer than a small analysis on it.

    Parameters
    ----------
    experiments : sequence of Experiment
    kind : {'duckdb', 'spark'}, optional
        In place of what the definitions say.
    memory : str, optional
        As in `engine_for`.

    Yields
    ------
    Engine or None
        Allowed to read the files of all of them; each makes it `Engine.forget` its tables. None
        where every experiment needs its own: one of Spark is among them, there is but one, or files
        of one cannot be found, which is for that one to say.

    Raises
    ------
    DataError
        If `memory` is no amount.
    """
    spark = any((kind or each.engine.kind) != "duckdb" for each in experiments)
    files: tuple[str, ...] | None = None
    if len(experiments) > 1 and not spark:
        with suppress(DataError):
            files = files_of(experiments)
    if files is None:
        yield None
        return
    with open_engine(files, memory=memory) as engine:
        yield engine


def _remote(experiment: Experiment) -> str:
    """The environment's address first: it may hold a token, which a definition may not."""
    remote = os.environ.get(REMOTE_VARIABLE, "").strip() or experiment.engine.remote
    if not remote:
        raise RemoteError(
            Problem(
                message="Spark has no address to connect to",
                hint="write `engine: {kind: spark, remote: sc://host:15002}`, or set the "
                f"environment variable {REMOTE_VARIABLE}",
            )
        )
    return remote
