"""Each fault of a log is found by the check made for it, over the whole road to a result."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.support.journeys_log import DEFINITION

from pathlift.pipeline import analyze
from pathlift.registry.loading import load_experiment
from pathlift.result.model import Check
from pathlift.simulation import scenario, write_logs
from pathlift.simulation.observation import CLEAN, Observation

pytestmark = pytest.mark.engine

# No effect and no ordering that pays: whatever a check finds is the log's doing.
CALM = replace(scenario("no_effect").sized(3_000), refund_window=14)


def logged(observation: Observation, **everywhere: Any) -> Observation:
    """The same log, with some settings in all arms that say nothing else."""
    named = dict(observation.arms)
    arms = ((arm.arm, replace(named.get(arm.arm, CLEAN), **everywhere)) for arm in CALM.arms)
    return replace(observation, arms=tuple(arms))


def content(**faults: Any) -> Observation:
    return Observation(arms=(("content", replace(CLEAN, **faults)),))


# Sizes: round ones that 3,000 units an arm show beyond doubt, above the thresholds of methods 4.
# Loss for 30% of the units of one arm is methods 6.5. Faults of different checks share a log.
DAY = 86_400
LOGS = {
    "clean": Observation(),
    "lost, late, twice": logged(
        content(lost=(("need", 0.3), ("trust", 0.3)), late=0.2), duplicated=0.01, skewed=0.05
    ),
    "batches": logged(Observation(batch=3 * DAY), batched=0.9, crossed=0.006),
    "batches of one arm": replace(content(batched=0.6, crossed=0.05, skewed=0.2), batch=DAY),
    "missing": replace(content(missing=(("", 0.15),)), log_ends=date(2026, 3, 30)),
    "missing of a class": content(missing=(("regular", 0.7),), starts_after=7),
    "bots": content(bots=0.15),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Check]]:
    @cache
    def read(log: str) -> list[Check]:
        return checks(tmp_path_factory.mktemp("log"), LOGS[log])

    return read


def checks(folder: Path, observation: Observation, definition: str = DEFINITION) -> list[Check]:
    write_logs(replace(CALM, observation=observation), folder)
    path = folder / "calm.yaml"
    path.write_text(definition, encoding="utf-8")
    return list(analyze(load_experiment(path)).checks)


@pytest.mark.parametrize(
    ("log", "id", "scope", "severity"),
    [
        ("lost, late, twice", "measurement", "stage:need", "warn"),
        ("lost, late, twice", "measurement", "stage:trust", "warn"),
        ("lost, late, twice", "purchase_at_exposure", "metric:conversion", "fail"),
        ("lost, late, twice", "duplicates", "experiment", "warn"),
        ("lost, late, twice", "clock", "experiment", "warn"),
        ("batches", "ties", "orderings", "fail"),
        ("batches", "crossover", "experiment", "warn"),
        ("batches of one arm", "ties", "orderings", "warn"),
        ("batches of one arm", "crossover", "experiment", "fail"),
        ("batches of one arm", "clock", "orderings", "fail"),
        ("missing", "srm", "experiment", "fail"),
        ("missing", "maturity", "experiment", "warn"),
        ("missing of a class", "balance", "experiment", "warn"),
        ("missing of a class", "mix", "experiment", "warn"),
        ("bots", "srm", "experiment", "fail"),
    ],
)
def test_a_fault_of_the_log_is_found_by_its_check(
    found: Callable[[str], list[Check]], log: str, id: str, scope: str, severity: str
) -> None:
    said = {(check.scope, check.severity) for check in found(log) if check.id == id}
    assert (scope, severity) in said
    clean = {check.severity for check in found("clean") if check.id == id}
    assert clean <= {"pass", "info"}


def test_a_log_without_faults_fails_nothing(found: Callable[[str], list[Check]]) -> None:
    assert "fail" not in {check.severity for check in found("clean")}


def test_bots_on_the_list_are_left_out_and_their_arm_is_named(tmp_path: Path) -> None:
    listed = DEFINITION.replace(
        "  columns: {exposed_at",
        "  exclude_units: {path: data/journeys/bots/*.parquet}\n  columns: {exposed_at",
    )
    severities = {check.id: check.severity for check in checks(tmp_path, LOGS["bots"], listed)}
    assert severities["excluded_units"] == "fail"
    assert severities["srm"] == "pass"


def test_a_log_without_bots_has_no_list_of_an_earlier_run(tmp_path: Path) -> None:
    few = CALM.sized(50)
    write_logs(replace(few, observation=LOGS["bots"]), tmp_path)
    assert list(tmp_path.rglob("bots/*.parquet"))
    write_logs(few, tmp_path)
    assert not list(tmp_path.rglob("bots/*.parquet"))
