"""Rows about what must not move a number: order of rows, threads, names, currency."""

import tempfile
from pathlib import Path

import numpy as np

from pathlift.calibration.claims import Share
from pathlift.calibration.estimating import flags
from pathlift.calibration.row import Draws, Row
from pathlift.outcomes.engine import open_engine
from pathlift.outcomes.sources import files_of
from pathlift.pipeline import analyze
from pathlift.places import examples_folder
from pathlift.registry.loading import load_experiment
from pathlift.result.model import Estimate
from pathlift.simulation import scenario, write_logs

_UNITS = 2_000  # planned, an arm
_RENAMED = ("content", "zebra")
_MONEY = ("revenue", "order_value")
_CLOSE = 1e-12  # a factor of 100 moves the last digits of a double


def _written(folder: Path, seed: int) -> Path:
    """The worked example's definition beside small logs."""
    write_logs(scenario("journeys").sized(_UNITS).seeded(seed), folder, threads=1)
    definition = folder / "journeys.yaml"
    definition.write_text(
        (examples_folder() / "journeys.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    return definition


def _estimates(definition: Path, *, threads: int = 2) -> dict[str, Estimate]:
    experiment = load_experiment(definition)
    with open_engine(files_of([experiment]), threads=threads) as engine:
        found = analyze(experiment, engine=engine).estimates
    return {estimate.id: estimate for estimate in found}


def _rewritten(folder: Path, source: str, *, columns: str = "*", order: str = "") -> None:
    """Replace a source by its rows with other columns, or in another order, as one file."""
    import duckdb  # to change files behind the back of the engine, which only reads

    place = folder / "data" / "journeys" / source
    before = list(place.rglob("*.parquet"))
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.read_parquet([str(path) for path in before]).project(columns)
        (rows.order(order) if order else rows).write_parquet(str(folder / "again.parquet"))
    for path in before:
        path.unlink()
    (folder / "again.parquet").rename(place / "again.parquet")


def _shuffled(folder: Path, definition: Path) -> dict[str, Estimate]:
    _rewritten(folder, "events", order="hash(shopper_id, event_id, received_at)")
    _rewritten(folder, "exposures", order="hash(shopper_id, first_seen)")
    return _estimates(definition)


def _renamed(definition: Path) -> dict[str, Estimate]:
    before, after = _RENAMED
    text = definition.read_text(encoding="utf-8")
    valued = f"  {after}: {{value: {before}, treatment: {before}, weight: 1}}  # "
    other = definition.with_name("renamed.yaml")
    other.write_text(text.replace(f"  {before}: ", valued), encoding="utf-8")
    found = {}
    for estimate in _estimates(other).values():
        told = estimate.model_dump_json().replace(after, before)  # sentences name arms as well
        named = Estimate.model_validate_json(told)
        found[named.id] = named
    return found


def _cheaper(folder: Path, definition: Path) -> dict[str, Estimate]:
    """The same money in a currency of which a hundred make one."""
    cents = "* replace (cast(round(amount * 100) as double) as amount)"
    _rewritten(folder, "events", columns=cents)
    text = definition.read_text(encoding="utf-8")
    definition.write_text(text.replace("unit: 0.01", "unit: 1"), encoding="utf-8")
    return _estimates(definition)


def _scaled(one: Estimate, other: Estimate) -> bool:
    """Whether money is a hundred times as much, and everything else the same."""
    factor = 100.0 if one.metric in _MONEY else 1.0
    pairs = [
        (span.estimate, again.estimate, scale)
        for span, again, scale in (
            (one.absolute, other.absolute, factor),
            (one.relative, other.relative, 1.0),
        )
        if span is not None and again is not None
    ]
    pairs += [
        (one.standard_error, other.standard_error, factor),
        (one.p_value, other.p_value, 1.0),
    ]
    return all(
        (a is None) == (b is None)
        and (a is None or b is None or bool(np.isclose(a * scale, b, rtol=_CLOSE, atol=0)))
        for a, b, scale in pairs
    )


def _k27(rng: np.random.Generator, replicates: int) -> Draws:
    found: dict[str, list[bool]] = {}
    for _ in range(replicates):
        with tempfile.TemporaryDirectory(prefix="pathlift-") as name:
            folder = Path(name)
            definition = _written(folder, int(rng.integers(2**62)))
            first = _estimates(definition)
            for said, again in (
                ("threads", _estimates(definition, threads=1)),
                ("names of arms", _renamed(definition)),
                ("order of rows", _shuffled(folder, definition)),
            ):
                found.setdefault(said, []).append(first == again)
            money = _cheaper(folder, definition)
            found.setdefault("currency", []).append(
                first.keys() == money.keys()
                and all(_scaled(estimate, money[id]) for id, estimate in first.items())
            )
    return {said: flags(values) for said, values in found.items()}


ROWS = (
    Row(
        id="K27",
        scenario="The worked example read again: on one thread, with another name for an arm, with "
        "all rows in another order, in a currency of which a hundred make one",
        target="every estimate is bit for bit the same; money is a hundred times as much to 1e-12",
        claims=tuple(
            Share(name=name, low=1.0)
            for name in ("threads", "names of arms", "order of rows", "currency")
        ),
        draw=_k27,
        replicates=4,
        quick=0,
        chunk=1,
    ),
)
