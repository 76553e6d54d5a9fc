"""The worked example beyond GMV: every question answered, and each answer holds its known truth."""

import pytest

from pathlift import analyze, load_experiment
from pathlift.cli.value_sample import ARMS, UNITS, write_value
from pathlift.places import examples_folder
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.increments import FamilyContrast
from pathlift.result.model import Result

pytestmark = pytest.mark.engine

FEED, SEARCH = ARMS["feed"].truth, ARMS["search"].truth
EFFECT = {name: FEED[name] - SEARCH[name] for name in FEED}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("value")
    write_value(folder)
    return analyze(load_experiment(examples_folder() / "beyond_gmv.yaml", data_root=folder))


def contrast(result: Result, family: str) -> FamilyContrast:
    (found,) = next(f for f in result.families if f.name == family).contrasts
    return found


def test_every_unit_is_mature_and_no_check_fails(result: Result) -> None:
    assert result.data.units == UNITS
    assert not [check.id for check in result.checks if check.severity == "fail"]
    assert {part.name: set(part.units.values()) for part in result.metrics}
    assert all(sum(part.units.values()) == UNITS for part in result.metrics if part.units)


@pytest.mark.parametrize("metric", EFFECT)
def test_every_metric_holds_the_truth(result: Result, metric: str) -> None:
    estimate = result.estimate(f"itt/{metric}///feed-search")
    assert estimate.arm_value is not None
    assert estimate.standard_error is not None
    assert estimate.absolute is not None
    assert estimate.absolute.estimate is not None
    # a seeded draw: each within four of its own standard errors (1 in 16,000 beyond)
    assert abs(estimate.absolute.estimate - EFFECT[metric]) < 4 * estimate.standard_error
    assert estimate.causal_status == ("descriptive" if metric == "credited" else "causal")


def test_what_decides_is_the_total_after_refunds_which_the_feed_does_not_lift(
    result: Result,
) -> None:
    # of a hundred units both arms order 60 times within 28 days, and send 8% of it back
    assert EFFECT["net_revenue"] == pytest.approx(0, abs=1e-12)
    assert result.decision.verdict == "inconclusive"
    assert "net_revenue" in result.decision.sentence
    # credit is three times that of the control, and no word says that it is better
    credited = result.estimate("itt/credited///feed-search")
    assert (credited.conclusion, credited.causal_status) == ("different", "descriptive")


@pytest.mark.parametrize(
    ("family", "part", "whole", "finding"),
    [
        ("elsewhere", "kitchen", "revenue", "adds"),
        ("credit", "credited", "revenue", "adds"),
        ("sooner", "revenue", "revenue_28d", "only_moves"),
    ],
)
def test_families_hold_the_true_share_and_say_what_is_new(
    result: Result, family: str, part: str, whole: str, finding: str
) -> None:
    found = contrast(result, family)
    true = EFFECT[whole] / EFFECT[part]  # 3/7 of kitchenware; 9% of credit; nothing after a month
    assert found.finding == finding
    assert found.added is not None
    pieces = [(low or -1e9, high or 1e9) for low, high in found.added.set.pieces]
    assert any(low <= true <= high for low, high in pieces)
    assert found.part is not None
    assert found.rest is not None
    assert found.whole is not None
    statuses = (found.part.causal_status, found.rest.causal_status, found.whole.causal_status)
    described = "descriptive" if family == "credit" else "causal"
    assert statuses == (described, described, "causal")
    parts = (found.part.effect.estimate or 0.0) + (found.rest.effect.estimate or 0.0)
    # a difference of two floats near 20
    assert parts == pytest.approx(found.whole.effect.estimate, abs=1e-12)


def test_creators_of_the_feed_are_fewer_and_that_is_described(result: Result) -> None:
    (found,) = result.concentrations
    for arm in found.arms:
        true = sum(share**2 for share in ARMS[arm.arm].creators)
        assert arm.same is not None
        assert arm.same.low is not None
        assert arm.same.high is not None
        assert arm.same.low < true < arm.same.high
        assert arm.causal_status == "descriptive"
    (between,) = found.contrasts
    assert between.difference is not None
    assert between.difference.low is not None
    assert between.difference.low > 0
    assert between.causal_status == "descriptive"


def test_every_rendering_answers_the_five_questions(result: Result) -> None:
    for render in (render_text, render_markdown, render_html):
        page = render(result).replace("\\", "")
        for heading in (
            "Displacement: elsewhere",
            "Attribution: credit",
            "Pull-forward: sooner",
            "Concentration: creators",
        ):
            assert heading in page
        assert "feed brings forward: more within 14d, less after it" in page
        assert "not worse than the margin" in page
        assert "descriptive, attributed" in page
