"""`pathlift lock`, and what results say of a plan that was changed."""

import json
from pathlib import Path

import pytest
from tests.acceptance.small_data import UNIT_ROWS, UNITS
from tests.cli.conftest import Pathlift

pytestmark = pytest.mark.engine


@pytest.fixture
def registry(work: Path) -> Path:
    import duckdb

    folder = work / "experiments"
    (folder / "data").mkdir(parents=True)
    duckdb.sql(f"copy ({UNIT_ROWS}) to '{folder / 'data' / 'units.parquet'}' (format parquet)")
    (folder / "ab.yaml").write_text(UNITS, encoding="utf-8")
    return folder


def analysed(pathlift: Pathlift) -> dict[str, object]:
    answer = pathlift("analyze", "ab", "--format", "json", "--no-save")
    assert answer.code == 0, answer.err
    document: dict[str, object] = json.loads(answer.out)
    return document


def check(document: dict[str, object]) -> dict[str, object]:
    checks: list[dict[str, object]] = document["checks"]  # type: ignore[assignment]
    return next(each for each in checks if each["id"] == "registration")


def edit(registry: Path, old: str, new: str) -> None:
    path = registry / "ab.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_plan_that_was_not_locked_is_not_checked(registry: Path, pathlift: Pathlift) -> None:
    found = check(analysed(pathlift))
    assert found["severity"] == "not_checked"
    assert "pathlift lock" in str(found["message"])


def test_an_unchanged_plan_passes(registry: Path, pathlift: Pathlift) -> None:
    locked = pathlift("lock", "ab")
    assert (locked.code, locked.out) == (0, "experiments/ab.lock.json\n")
    document = analysed(pathlift)
    assert check(document)["severity"] == "pass"
    assert document["experiment"]["registration"]["amendments"] == []  # type: ignore[index]


def test_status_and_title_promise_nothing(registry: Path, pathlift: Pathlift) -> None:
    pathlift("lock", "ab")
    edit(registry, "title: Does b sell more than a?", "title: Other words\nstatus: stopped")
    assert check(analysed(pathlift))["severity"] == "pass"


def test_what_the_decision_does_not_read_is_an_amendment(
    registry: Path, pathlift: Pathlift
) -> None:
    pathlift("lock", "ab")
    edit(
        registry,
        "spend: {kind: mean, column: spend}",
        "spend: {kind: mean, column: spend, better: lower}",
    )
    document = analysed(pathlift)
    found = check(document)
    assert found["severity"] == "info"
    assert "metrics.spend.better" in str(found["message"])
    [amendment] = document["experiment"]["registration"]["amendments"]  # type: ignore[index]
    assert amendment == {"path": "metrics.spend.better", "before": None, "after": "lower"}
    assert "Exploratory" not in document["decision"]["sentence"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("role: primary", "role: secondary", "metrics.conversion.role"),
        ("arms:\n", "analysis: {alpha: 0.2}\narms:\n", "analysis.alpha"),
        ("  b: {}", "  b: {treatment: content}", "arms.b.treatment"),
    ],
)
def test_what_the_decision_is_about_makes_all_exploratory(
    old: str, new: str, path: str, registry: Path, pathlift: Pathlift
) -> None:
    pathlift("lock", "ab")
    edit(registry, old, new)
    if path == "metrics.conversion.role":
        edit(registry, "column: spend}", "column: spend, role: primary}")
    document = analysed(pathlift)
    found = check(document)
    assert found["severity"] == "warn"
    assert path in str(found["message"])
    assert "Exploratory" in document["decision"]["sentence"]  # type: ignore[index]
    estimates: list[dict[str, list[str]]] = document["estimates"]  # type: ignore[assignment]
    assert all("exploratory" in each["flags"] for each in estimates)


def test_a_changed_plan_is_locked_anew_only_when_asked(registry: Path, pathlift: Pathlift) -> None:
    pathlift("lock", "ab")
    again = pathlift("lock", "ab")
    assert again.code == 0
    assert "holds this plan since" in again.err
    edit(registry, "  b: {}", "  b: {value: B}")
    refused = pathlift("lock", "ab")
    assert refused.code == 1
    assert "changed since: arms.b.value" in refused.err
    assert pathlift("lock", "ab", "--replace").code == 0
    assert pathlift("lock", "ab").code == 0


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace('"bought"', '"returned"'), "edited by hand"),
        (
            lambda text: text.replace("pathlift.lock/1", "pathlift.lock/9"),
            "it is no pathlift.lock/1",
        ),
        (lambda text: text.replace('"seal"', '"deal"'), "it has no 'seal'"),
        (lambda text: text[:40], "cannot be read as JSON"),
        (lambda text: "[]", "it is no pathlift.lock/1"),
    ],
)
def test_a_lock_edited_by_hand_is_refused(
    damage: object, message: str, registry: Path, pathlift: Pathlift
) -> None:
    pathlift("lock", "ab")
    path = registry / "ab.lock.json"
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]
    for command in ("check", "analyze", "lock"):
        answer = pathlift(command, "experiments/ab.yaml")
        assert answer.code == 1
        assert message in answer.err
        assert "Traceback" not in answer.err


def test_the_lock_of_another_experiment_is_refused(registry: Path, pathlift: Pathlift) -> None:
    pathlift("lock", "ab")
    (registry / "ab.yaml").rename(registry / "cd.yaml")
    (registry / "ab.lock.json").rename(registry / "cd.lock.json")
    answer = pathlift("check", "experiments/cd.yaml")
    assert answer.code == 1
    assert "it is the lock of 'ab'" in answer.err
