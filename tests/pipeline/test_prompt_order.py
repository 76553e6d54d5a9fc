"""The worked example whose arms prompt in drawn orders: its log in, truth held, every page out."""

import json
from pathlib import Path

import pytest

from pathlift.pipeline import analyze
from pathlift.places import examples_folder
from pathlift.registry.loading import load_experiment
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.model import Result
from pathlift.simulation import TruthTable, scenario, truth, write_logs

pytestmark = pytest.mark.engine

WORLD = scenario("prompt_order").sized(4_000)
BY_CHANNEL = "channel={0} vs channel=search at order={1}"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("prompts")
    write_logs(WORLD, folder)
    return analyze(load_experiment(examples_folder() / "prompt_order.yaml", data_root=folder))


@pytest.fixture(scope="module")
def table() -> TruthTable:
    return truth(WORLD)


def test_six_arms_are_counted_and_their_split_is_checked(result: Result) -> None:
    assert len(result.arms) == 6
    srm = next(check for check in result.checks if check.id == "srm")
    assert srm.severity == "pass"
    assert set(srm.figures["units"]) == {arm.arm for arm in result.arms}
    assert sum(srm.figures["units"].values()) == result.data.units == WORLD.units


def test_main_effects_and_interactions_hold_the_truth(result: Result, table: TruthTable) -> None:
    factors = [e for e in result.estimates if e.factors and e.metric == "conversion"]
    assert [e.id for e in factors] == [
        "factor/conversion///channel=content-channel=search",
        "factor/conversion///channel=influencer-channel=search",
        "factor/conversion///order=trust_first-order=need_first",
        *(
            "factor_interaction/conversion///"
            + "-".join(BY_CHANNEL.format(channel, f"{o}_first") for o in ("trust", "need"))
            for channel in ("content", "influencer")
        ),
    ]
    for each in factors:
        assert each.weights is not None
        true = sum(
            weight * table.value(arm=arm, metric="conversion")
            for arm, weight in each.weights.items()
        )
        assert each.absolute is not None
        assert each.absolute.estimate is not None
        assert each.standard_error is not None
        # a seeded draw: each within 3.5 of its own standard errors (1 in 2,000 beyond)
        assert abs(each.absolute.estimate - true) < 3.5 * each.standard_error
        assert each.arm_value is not None
        assert each.control_value is not None
        gap = each.arm_value - each.control_value - each.absolute.estimate
        assert abs(gap) < 1e-12  # design 5: rounding alone
        assert each.causal_status == "causal"
    # the world: prompts for trust first give 4.2 points less with influencers than with search
    assert factors[4].conclusion == "different"


def test_estimates_of_arms_and_orderings_stand_beside_as_ever(result: Result) -> None:
    kinds = {e.estimand for e in result.estimates}
    assert kinds >= {"itt", "incidence", "ordering_share", "factor", "factor_interaction"}
    whole = [e for e in result.estimates if e.estimand == "itt" and e.segment is None]
    assert len(whole) == 15  # 3 metrics, 5 arms
    assert not [e for e in result.estimates if e.factors and e.metric == "refunds"]


def test_every_rendering_says_that_order_is_randomised_here(result: Result) -> None:
    for page in (render_text(result), render_markdown(result), render_html(result)):
        plain = page.replace("\\_", "_")
        assert "order is randomised here" in plain
        assert "Causal for order, as declared: search_trust_first vs search_need_first." in plain
        assert "order=trust_first vs order=need_first" in plain
        assert "at order=trust_first vs at order=need_first" in plain


def test_the_document_reads_back(result: Result) -> None:
    again = Result.model_validate(json.loads(result.model_dump_json()))
    assert again == result


def test_definitions_of_the_design_are_those_of_the_file(result: Result) -> None:
    design = result.design
    assert design is not None
    assert design.order_factors == ("order",)
    assert design.missing == ()
    assert [(o.arm, o.besides) for o in design.order] == [
        ("search_trust_first", ()),
        ("content_trust_first", ("treatment", "channel")),
        ("influencer_trust_first", ("treatment", "channel")),
    ]
    assert Path(result.experiment.file).name == "prompt_order.yaml"
