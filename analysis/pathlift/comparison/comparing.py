"""A plain A/B table over the one road: frame or file in, result out.

A definition is written, read and analysed like any other, so what `--write` gives is what ran.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pathlift.comparison.definition import definition_text
from pathlift.comparison.table import arms_of
from pathlift.comparison.wish import Wish, check_wish, ratio_of
from pathlift.errors import DataError, Problem
from pathlift.outcomes.engine import open_engine
from pathlift.outcomes.files import found
from pathlift.pipeline import analyze, hash_of_sql
from pathlift.registry.loading import spelled_alike
from pathlift.registry.reading import read_bytes
from pathlift.registry.resolve import resolve
from pathlift.result.model import Result

if TYPE_CHECKING:
    from polars import DataFrame, LazyFrame

Names = str | Iterable[str]
Progress = Callable[[str, float], None]

_FRAME = "frame"


def compare(
    data: "DataFrame | LazyFrame | Path | str",
    *,
    arm: str,
    control: object = None,
    proportion: Names = (),
    mean: Names = (),
    ratio: Names = (),
    covariate: Names = (),
    unit: str | None = None,
    memory: str | None = None,
) -> Result:
    """Compare the arms of a table with one row per unit.

    Everything is estimated and checked as for an experiment with a file, and flagged exploratory:
    nothing was declared before the data came.

    Parameters
    ----------
    data : polars frame, Path or str
        A frame, or the path of Parquet or CSV; globs are welcome.
    arm : str
        Column that tells the arm.
    control : object
        The arm that the others are compared with, as the data write it; compared as text.
    proportion : str or iterable of str
        Columns of 0 and 1, or of booleans. The first decides.
    mean : str or iterable of str
        Columns of numbers. The first decides where there is no proportion.
    ratio : str or iterable of str
        Such as ``revenue/orders``: the sum of one column over that of another.
    covariate : str or iterable of str
        Columns known before the arms were drawn; they make intervals narrower.
    unit : str, optional
        Column that was randomised; then repeated units are found.
    memory : str, optional
        Budget such as ``4GB``; else 60% of the machine.

    Returns
    -------
    Result

    Raises
    ------
    DefinitionError
        If nothing is named, or one column is named for two things.
    DataError
        If the table cannot be read that way; the hint suggests the column or arm that was meant.
    TypeError
        If `data` is neither a polars frame nor a path.

    Examples
    --------
    >>> import polars
    >>> frame = polars.DataFrame({"group": ["A", "B"] * 400, "bought": [0, 1, 1, 1] * 200})
    >>> result = compare(frame, arm="group", control="A", proportion="bought")
    >>> result.estimates[0].control_value, result.estimates[0].arm_value
    (0.5, 1.0)
    """
    wish = Wish(
        arm=arm,
        control=None if control is None else _as_written(control),
        proportions=_several(proportion),
        means=_several(mean),
        ratios=tuple(ratio_of(text) for text in _several(ratio)),
        covariates=_several(covariate),
        unit=unit,
    )
    if isinstance(data, str | Path):
        return in_no_file(_compare_file(str(data), wish, memory))
    if not hasattr(data, "write_parquet") and not hasattr(data, "sink_parquet"):
        kind = type(data).__name__
        raise TypeError(
            f"compare takes a polars frame or a path, not {kind}; polars.DataFrame(data) makes one"
        )
    with _as_file(data) as path:
        return _without_folder(in_no_file(_compare_file(str(path), wish, memory)), path)


def definition_of(path: str, wish: Wish, *, folder: Path, progress: Progress | None = None) -> str:
    """Write the definition that a comparison stands for.

    Parameters
    ----------
    path : str
        Of Parquet or CSV, or a glob.
    wish : Wish
    folder : Path
        Where the definition will lie.
    progress : callable, optional
        Called with the step and the share of it that is done, in [0, 1].

    Returns
    -------
    str
        YAML.

    Raises
    ------
    DefinitionError, DataError
        As in `compare`.
    """
    check_wish(wish)
    absolute = os.path.abspath(path)  # noqa: PTH100 resolve() would follow links to other names
    files = found(absolute)
    if Path(path).is_dir():
        hint = f"name its files: '{path}/*.parquet'"
        raise DataError([Problem(message="is a folder", subject=path, hint=hint)])
    if not files:
        raise DataError([Problem(message="no such file", subject=path, hint=spelled_alike(path))])
    percent = None if progress is None else lambda done: progress("arms", done / 100)
    with open_engine(files, progress=percent) as engine:
        arms = arms_of(engine, absolute, wish)
    beside = Path(path).parent == folder
    where = path if Path(path).is_absolute() and not beside else os.path.relpath(absolute, folder)
    return definition_text(wish, data=where, arms=arms)


def analyze_definition(
    text: str,
    file: Path,
    *,
    memory: str | None = None,
    command: str = "",
    progress: Progress | None = None,
) -> Result:
    """Analyse a definition that `definition_of` gave and nobody has written yet.

    Parameters
    ----------
    text : str
        YAML.
    file : Path
        Where it would lie: the experiment is named after it.
    memory, command, progress
        As in `analyze`.

    Returns
    -------
    Result

    Raises
    ------
    DataError
        As in `compare`; no problem names a place, for there is no file to look at.
    """
    experiment = resolve(read_bytes(text.encode(), str(file)))
    try:
        return analyze(experiment, memory=memory, command=command, progress=progress)
    except DataError as error:
        raise DataError(replace(problem, at=None) for problem in error.problems) from None


def _compare_file(path: str, wish: Wish, memory: str | None) -> Result:
    text = definition_of(path, wish, folder=Path(path).parent)
    return analyze_definition(text, beside(path), memory=memory)


def beside(path: str) -> Path:
    """Where the definition of a comparison would lie: beside its data, and named after them.

    Parameters
    ----------
    path : str
        Of the data.

    Returns
    -------
    Path
    """
    name = re.sub(r"[^\w-]+", "_", Path(path).stem).strip("_")  # a glob is no name
    return Path(path).with_name(f"{name or 'comparison'}.yaml")


def _several(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _as_written(value: object) -> str:
    """As DuckDB writes a value of a column that is compared as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextmanager
def _as_file(frame: "DataFrame | LazyFrame") -> Iterator[Path]:
    """The frame as Parquet, which DuckDB scans; a scan of the frame itself would need pyarrow."""
    with tempfile.TemporaryDirectory(prefix="pathlift-") as folder:
        path = Path(folder) / f"{_FRAME}.parquet"
        frame.lazy().collect().write_parquet(path)
        yield path


def _without_folder(result: Result, path: Path) -> Result:
    """The same result without the folder that the frame lay in, which is gone."""
    sql = {
        name: statement.replace(f"{path.parent}{os.sep}", "")
        for name, statement in result.provenance.sql.items()
    }
    provenance = result.provenance.model_copy(update={"sql": sql, "sql_hash": hash_of_sql(sql)})
    return result.model_copy(update={"provenance": provenance})


def in_no_file(result: Result) -> Result:
    """The same result, of a definition that nobody wrote.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Result
        Its ``experiment.file`` is empty.
    """
    experiment = result.experiment.model_copy(update={"file": ""})
    return result.model_copy(update={"experiment": experiment})
