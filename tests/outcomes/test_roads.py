"""The fast road gives the statistics of the SQL road, bit for bit: no number hangs on the road.

The SQL road is held against a reading by brute force (`test_brute_force`), against Polars and
against Spark; here the two roads read the same files.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.outcomes import logs
from tests.outcomes.test_brute_force import AS_OF, SETTINGS
from tests.outcomes.test_cases import CASES, YAML_, definition, lay_out
from tests.spark.agreement import differences
from tests.spark.examples import worked_example

from pathlift.errors import PathliftError
from pathlift.outcomes.choosing import engine_for
from pathlift.outcomes.collecting import collect
from pathlift.registry.loading import load_experiment
from pathlift.statistics.collected import Statistics

pytestmark = pytest.mark.engine

# More conditions than a word of the stream has bits, and more bits than a word of the plan.
MANY = "\n".join(
    f"  m{n}: {{kind: mean, count: \"event = 'purchase' and cents > {n}\", window: {n + 1}h}}"
    for n in range(20)
)
NO_FLOATS = "  dwell: {{kind: mean, sum: dwell_s}}\n"  # whose sums stay on the SQL road


def answers(
    path: Path, as_of: date | None, room: int | None = None
) -> tuple[Statistics | str, Statistics | str]:
    """By the fast road and by SQL: the statistics, or the words of the refusal."""
    found: list[Statistics | str] = []
    for streams in (True, False):
        try:
            experiment = load_experiment(path)
            with engine_for(experiment) as engine:
                engine.streams = streams
                engine.room = room or engine.room
                found.append(collect(experiment, as_of=as_of, engine=engine))
        except PathliftError as refused:
            found.append(str(refused))
    return found[0], found[1]


def agree(path: Path, as_of: date | None, room: int | None = None) -> Mapping[str, str]:
    """Compare; the statements of the fast road."""
    fast, slow = answers(path, as_of, room)
    found = list(differences(fast, slow))
    assert not found, "\n".join(found[:10])
    if not isinstance(fast, Statistics) or not isinstance(slow, Statistics):
        return {}
    assert slow.engine.endswith("events by SQL")
    assert fast.engine.endswith("events streamed")
    return fast.sql


@pytest.mark.parametrize(
    "path",
    [path for path in CASES if "events" in YAML_.load(path.read_text(encoding="utf-8"))],
    ids=lambda path: path.stem,
)
def test_an_edge_case_has_the_same_statistics_by_both_roads(path: Path, tmp_path: Path) -> None:
    case: dict[str, Any] = YAML_.load(path.read_text(encoding="utf-8"))
    fast, slow = answers(*lay_out(case, tmp_path))
    assert isinstance(fast, Statistics) == ("refused" not in case["expected"])
    found = list(differences(fast, slow))
    assert not found, "\n".join(found[:10])


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: str(setting[0]))
def test_random_logs_have_the_same_statistics_by_both_roads(
    setting: tuple[Any, ...], tmp_path: Path
) -> None:
    text, _, counts_as, crossovers, misdelivered = setting
    logs.write(logs.draw(np.random.default_rng([len(text), 31]), 300), tmp_path)
    more = MANY.replace("{", "{{").replace("}", "}}") + "\n" if text == "1s" else ""
    template = logs.DEFINITION.replace(NO_FLOATS, more)
    (tmp_path / "random.yaml").write_text(
        template.format(
            resolution=text,
            counts_as=f"exposure_counts_as: {counts_as}" if counts_as else "",
            crossovers=crossovers,
            misdelivered=misdelivered,
        ),
        encoding="utf-8",
    )
    # half of the settings have room for a few dozen units at a time, and for part of the keys
    small = 12_000 if text in ("0s", "500ms") else None
    ran = agree(tmp_path / "random.yaml", AS_OF, small)
    assert "disputed_events" in ran  # copies that differ in time or in what they add
    assert "repeated_events" not in ran
    assert ("unit_facts of more units" in ran) == (small is not None)


@pytest.mark.parametrize("template", ["prompts", "journeys"])
def test_a_worked_example_has_the_same_statistics_by_both_roads(
    template: str, tmp_path: Path
) -> None:
    agree(worked_example(template, tmp_path), None)


def test_ids_that_repeat_from_unit_to_unit_are_told_apart(tmp_path: Path) -> None:
    # ids 0, 1, 2 in every unit: all keys repeat, and only those within a unit are copies
    log = logs.draw(np.random.default_rng(5), 200)
    met: dict[object, int] = {}
    for event in log.events:
        if event["id"] is not None:
            met[event["shopper"]] = met.get(event["shopper"], 0) + 1
            event["id"] = str(met[event["shopper"]] // 2)
    logs.write(log, tmp_path)
    template = logs.DEFINITION.replace(NO_FLOATS, "")
    (tmp_path / "random.yaml").write_text(
        template.format(resolution="1s", counts_as="", crossovers="first_arm", misdelivered="keep"),
        encoding="utf-8",
    )
    agree(tmp_path / "random.yaml", AS_OF)


def test_sums_beyond_64_bits_are_left_to_sql(tmp_path: Path) -> None:
    (tmp_path / "exposures.csv").write_text(
        "shopper,arm,exposed_at\na,search,2026-03-03\nb,content,2026-03-03\nc,influencer,2026-03-03\n",
        encoding="utf-8",
    )
    (tmp_path / "events.csv").write_text(
        "shopper,event,occurred_at,amount\n"
        + "".join(
            f"a,purchase,2026-03-04 0{n}:00:00,{(-1) ** n * 2_000_000_000_000_000_000 + n}\n"
            for n in range(4)
        )
        + "b,purchase,2026-03-04 00:00:00,5\n",
        encoding="utf-8",
    )
    case = {"definition": {"metrics": {
        "conversion": {"kind": "proportion", "role": "primary"},
        "spent": {"kind": "mean", "sum": "amount"}}}}  # fmt: skip
    fast, slow = answers(definition(case, tmp_path), date(2026, 6, 30))
    assert not list(differences(fast, slow))
    assert isinstance(fast, Statistics)
    assert fast.engine.endswith("events by SQL")
