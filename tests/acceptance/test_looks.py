"""An experiment looked at four times, by the command line: YAML and Parquet in, boundaries out."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.acceptance.conftest import Pathlift

DAYS = ("2026-03-08", "2026-03-15", "2026-03-22", "2026-03-30")
ID = "itt/bought///green-grey"
DEFINITION = """
status: running
unit: user_id
period: {first_day: 2026-03-02, last_day: 2026-03-29}
window: 1d
data: {exposures: exposures.parquet, events: events.parquet}
arms: {grey: {control: true}, green: {}}
metrics:
  bought: {kind: proportion, any: "event = 'purchase'", role: primary}
  revenue: {kind: mean, sum: amount, unit: 0.01, winsorize: 0.99}
analysis:
  looks: {kind: group_sequential, planned_units: 8000}
"""


@pytest.fixture
def experiment(work: Path) -> Path:
    """Four weeks of 2,000 units each, of whom 60% buy, more and more as the weeks go by."""
    rng = np.random.default_rng(20260302)
    start = datetime(2026, 3, 2, tzinfo=UTC)
    units = 8000
    at = [start + timedelta(seconds=302.4 * n) for n in range(units)]
    bought = rng.random(units) < 0.6
    amount = (rng.lognormal(3 + np.arange(units) / units, 1.0) * 100).round() / 100
    folder = work / "experiments"
    folder.mkdir()
    pl.DataFrame(
        {
            "user_id": range(units),
            "arm": np.where(rng.random(units) < 0.5, "grey", "green"),
            "exposed_at": at,
        }
    ).write_parquet(folder / "exposures.parquet")
    pl.DataFrame(
        {
            "user_id": np.flatnonzero(bought),
            "event": "purchase",
            "occurred_at": [at[n] + timedelta(hours=1) for n in np.flatnonzero(bought)],
            "amount": amount[bought],
        }
    ).write_parquet(folder / "events.parquet")
    path = folder / "button.yaml"
    path.write_text(DEFINITION)
    return path


def look(pathlift: Pathlift, day: str, *more: str) -> dict[str, Any]:
    answer = pathlift("analyze", "button", "--as-of", day, "--format", "json", *more)
    assert answer.code == 0
    document: dict[str, Any] = json.loads(answer.out)
    return document


def of(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(c for c in document["looks"]["contrasts"] if c["id"] == ID)
    return found


@pytest.mark.slow
def test_four_looks_have_the_boundaries_of_the_information_they_saw(
    experiment: Path, pathlift: Pathlift, work: Path
) -> None:
    looks = [look(pathlift, day) for day in DAYS]
    last = of(looks[-1])
    t, c = np.array(last["fractions"]), np.array(last["boundaries"])
    assert t == pytest.approx((0.25, 0.5, 0.75, 1.0), abs=0.04)  # a quarter of the units a week
    assert [of(each)["boundary"] for each in looks] == pytest.approx(c.tolist())
    # another way to the same: the multivariate normal distribution of scipy, and the spending
    # function as methods 3.7 writes it
    for k in range(1, 5):
        shares = np.minimum(t[:k], 1)
        spent = 4 * stats.norm.sf(stats.norm.isf(0.05 / 4) / np.sqrt(shares[-1]))
        correlation = np.sqrt(np.minimum.outer(t[:k], t[:k]) / np.maximum.outer(t[:k], t[:k]))
        inside = stats.multivariate_normal.cdf(
            c[:k],
            np.zeros(k),
            correlation,
            maxpts=2_000_000,
            abseps=1e-6,
            lower_limit=-c[:k],
            rng=np.random.default_rng(1),
        )
        assert 1 - inside == pytest.approx(spent, abs=5e-6)  # the integral's own error
    # the estimate, its interval and its p are those of the look
    estimate = next(e for e in looks[1]["estimates"] if e["id"] == ID)
    assert estimate["p_value"] == of(looks[1])["p_value"]
    assert "repeated over looks" in estimate["method"]
    other = next(e for e in looks[1]["estimates"] if e["metric"] == "revenue")
    assert "not_protected_against_peeking" in other["flags"]
    assert len((work / "results" / "button" / "looks.jsonl").read_text().splitlines()) == 4


def test_a_winsorising_threshold_stays_that_of_the_first_look(
    experiment: Path, pathlift: Pathlift
) -> None:
    first, *later = (look(pathlift, day) for day in DAYS)
    threshold = first["looks"]["caps"]["revenue"]
    assert threshold > 0
    assert [each["looks"]["caps"]["revenue"] for each in later] == [threshold] * 3
    # amounts grow, so that a threshold of its own would lie higher
    experiment.write_text(DEFINITION.replace("{kind: group_sequential, planned_units: 8000}", "{}"))
    assert look(pathlift, DAYS[-1])["looks"]["caps"]["revenue"] > 1.2 * threshold


@pytest.mark.slow
def test_a_look_is_the_same_however_often_and_late_it_is_taken(
    experiment: Path, pathlift: Pathlift, work: Path
) -> None:
    looks = [look(pathlift, day) for day in DAYS]
    ledger = work / "results" / "button" / "looks.jsonl"
    again = look(pathlift, DAYS[1])
    assert again["looks"]["look"] == 2
    assert of(again) == of(looks[1])
    assert len(ledger.read_text().splitlines()) == 4
    unrecorded = look(pathlift, "2026-03-18", "--no-save")
    assert unrecorded["looks"]["look"] == "unrecorded"
    assert of(unrecorded)["stage"] == 3
    assert len(ledger.read_text().splitlines()) == 4
    # an edit gives no alpha back: the last look is still the fourth
    experiment.write_text(DEFINITION.replace("running", "stopped"))
    stopped = look(pathlift, DAYS[-1])
    assert of(stopped)["stage"] == 4
    assert of(stopped)["boundary"] == of(looks[-1])["boundary"]


def test_a_report_says_what_looking_means(experiment: Path, pathlift: Pathlift) -> None:
    for day in DAYS[:2]:
        look(pathlift, day)
    for format, head in (("text", "Looks\n"), ("md", "## Looks"), ("html", '<h2 id="looks-title"')):
        code = pathlift("report", "button", "-o", f"report.{format}", "--format", format).code
        assert code == 0
        said = Path(f"report.{format}").read_text()
        assert head in said
        assert "Look 2 of a group-sequential plan of 8,000 units" in " ".join(said.split())


def test_peeking_at_a_fixed_horizon_is_said(experiment: Path, pathlift: Pathlift) -> None:
    experiment.write_text(DEFINITION.replace("{kind: group_sequential, planned_units: 8000}", "{}"))
    first, second = (look(pathlift, day) for day in DAYS[:2])
    checks = [next(c for c in each["checks"] if c["id"] == "peeking") for each in (first, second)]
    assert [check["severity"] for check in checks] == ["pass", "warn"]
    # Armitage, McPherson and Rowe (1969), table 2: two looks at 5% err in 8.3%
    assert "8.3" in checks[1]["message"]
    values = [next(e for e in each["estimates"] if e["id"] == ID) for each in (first, second)]
    assert all("repeated" not in each["method"] for each in values)
