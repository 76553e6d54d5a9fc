"""The line to write where a column's type leaves its meaning open."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlglot import exp

from pathlift.errors import Problem
from pathlift.outcomes.described import Described
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.kinds import INTEGERS, is_fraction
from pathlift.outcomes.relations import Names, scan
from pathlift.outcomes.times import time_kind
from pathlift.registry.experiment import Column, Experiment

_FORMATS = (
    "%Y-%m-%d %H:%M:%S.%f%z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%Y%m%d%H%M%S",
)
_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_SAMPLE = 200


def time_problem(
    engine: Engine, one: Described, column: Column, key: str, kind: str, value: exp.Expr
) -> Problem | None:
    """Why a column cannot be read as times, with the line that would say how.

    Parameters
    ----------
    engine : Engine
    one : Described
    column : Column
    key : str
        What the YAML calls it: ``exposed_at``, ``occurred_at``, ..., or a stage.
    kind : str
        DuckDB type.
    value : sqlglot expression
        The column.

    Returns
    -------
    Problem or None
        Without a place.
    """
    source, name = one.source.name, column.name
    found = time_kind(kind)
    if found == "integer" and column.unit is None:
        unit = _unit_of(_sample(engine, one, value)) or "s | ms | us | ns"
        return Problem(
            message=f"{source}: times in {name!r} are integers ({kind}) without a unit",
            hint=f"write `{key}: {{column: {name}, unit: {unit}}}`",
        )
    if found == "text" and column.format is None:
        sample = _sample(engine, one, value)
        shown = f" such as {sample[0]!r}" if sample else ""
        formats = _format_of(sample)
        hint = f'write `{key}: {{column: {name}, format: "{formats[0] if formats else "FORMAT"}"}}`'
        if len(formats) > 1:
            hint += f', or with format: "{formats[1]}" if that is what they mean'
        return Problem(message=f"{source}: times in {name!r} are text{shown}", hint=hint)
    if found == "date" and source == "events":
        return Problem(
            message=f"{source}: times in {name!r} are days (DATE): "
            "the order of events within a day is lost",
            hint="name a column with the time of day",
        )
    if found == "none":
        hint = "name a column of timestamps, integers or text"
        if is_fraction(kind):
            hint = (
                f'for seconds write `derive: {{{name}_us: "cast({name} * 1000000 as bigint)"}}` '
                "and "
                f"`{key}: {{column: {name}_us, unit: us}}`"
            )
        return Problem(message=f"{source}: {name!r} (`{key}`) is {kind}, not a time", hint=hint)
    if column.unit is not None and found != "integer":
        return Problem(
            message=f"{source}: {name!r} (`{key}`) is {kind}; `unit` is for integers",
            hint=f"write `{key}: {name}`",
        )
    if column.format is not None and found != "text":
        return Problem(
            message=f"{source}: {name!r} (`{key}`) is {kind}; `format` is for text",
            hint=f"write `{key}: {name}`",
        )
    return None


def _sample(engine: Engine, one: Described, value: exp.Expr) -> list[object]:
    given = exp.not_(exp.Is(this=value.copy(), expression=exp.null()))
    query = exp.select(value.copy()).from_(scan(one)).where(given).limit(_SAMPLE)
    return [row[0] for row in engine.rows(query)]


def _unit_of(sample: list[object]) -> str | None:
    """The unit that puts all of a sample between 2000 and 2100, if one does."""
    low, high = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (2000, 2100))
    numbers = [int(value) for value in sample if isinstance(value, int)]
    for unit, per_second in _UNITS.items():
        if numbers and all(low <= number / per_second < high for number in numbers):
            return unit
    return None


def _format_of(sample: list[object]) -> list[str]:
    """Formats that read all of a sample; two where day and month could change places."""
    texts = [str(value) for value in sample]
    return [one for one in _FORMATS if texts and all(_reads(text, one) for text in texts)]


def _reads(text: str, format_: str) -> bool:
    try:
        datetime.strptime(text, format_)  # noqa: DTZ007 only whether it fits, not when it is
    except ValueError:
        return False
    return True


def unit_problems(experiment: Experiment, described: Mapping[str, Described]) -> list[Problem]:
    """Sources whose units have a type that never equals that of the first source.

    Parameters
    ----------
    experiment : Experiment
    described : mapping of str to Described

    Returns
    -------
    list of Problem
    """
    kinds = {}
    for name, one in described.items():
        names = Names(one, experiment)
        for ours in ("unit", "alias"):
            if ours in names.ours and one.rows:  # a list without any row has no type
                column = names.theirs(ours)
                kinds[name, ours] = (column, names.kind(column.name))
    if not kinds:
        return []
    ((first, _), (reference, expected)), *others = kinds.items()
    problems = []
    for (name, ours), (column, kind) in others:
        if _family(kind) == _family(expected):
            continue
        # text holds every id, so the other side is cast
        text = kind == "VARCHAR"
        cast_in, cast_of = (first, reference) if text else (name, column)
        key = "unit" if text else ours
        problems.append(
            Problem(
                message=f"units are {expected} in {first} ({reference.name!r}) and {kind} in "
                f"{name} ({column.name!r}), and would never be equal",
                at=column.at or described[name].source.at,
                hint=f'write under {cast_in}: `derive: {{{key}_text: "cast({cast_of.name} as '
                f'varchar)"}}` and `columns: {{{key}: {key}_text}}`',
            )
        )
    return problems


def _family(kind: str) -> str:
    return "integer" if kind in INTEGERS else kind
