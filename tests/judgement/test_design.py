"""What a result says of its design: the crossing, and what the order of prompts may be read for."""

from tests.support.experiments import arm, experiment, metric

from pathlift.judgement.design import describe_design
from pathlift.judgement.families import declare_families
from pathlift.judgement.invalidation import with_validity
from pathlift.registry.experiment import Arm, Experiment
from pathlift.result.model import Adjustment, Check, Estimate

NEED, TRUST = ("need", "touchpoint", "trust"), ("trust", "need", "touchpoint")


def crossed(*arms: Arm) -> Experiment:
    return experiment(list(arms), [metric("spend", role="primary"), metric("kept")])


def cell(channel: str, order: str, **changes: object) -> Arm:
    return arm(
        f"{channel}_{order}",
        factors={"channel": channel, "order": order},
        prompts=NEED if order == "need" else TRUST,
        **changes,
    )


def test_a_plain_experiment_has_no_design_of_its_own() -> None:
    assert describe_design(crossed(arm("a", control=True), arm("b"))) is None


def test_a_design_names_factors_levels_and_the_contrasts_of_order() -> None:
    found = describe_design(
        crossed(
            cell("search", "need", control=True),
            cell("search", "trust"),
            cell("content", "need"),
            arm("silent"),
        )
    )
    assert found is not None
    assert [(f.factor, f.levels, f.reference) for f in found.factors] == [
        ("channel", ("search", "content"), "search"),
        ("order", ("need", "trust"), "need"),
    ]
    assert found.missing == ({"channel": "content", "order": "trust"},)
    assert found.prompts["search_trust"] == "trust>need>touchpoint"
    assert [(o.arm, o.order_alone) for o in found.order] == [("search_trust", True)]
    said = " ".join(found.statements)
    assert "An incomplete 2 x 2 crossing" in said
    assert "no arm has channel=content with order=trust" in said
    assert "Outside of it: silent." in said
    assert "order is randomised here" in said
    assert "Causal for order, as declared: search_trust vs search_need." in said
    assert "Levels of order are orders of prompts" in said


def test_a_bundle_is_called_a_bundle() -> None:
    found = describe_design(
        crossed(
            arm("a", control=True, prompts=NEED, treatment="search"),
            arm("b", prompts=TRUST, treatment="influencer"),
        )
    )
    assert found is not None
    assert (
        "Differ in more than the order, so their contrast is of all of it: b vs a (treatment)."
        in (" ".join(found.statements))
    )
    assert "Causal for order" not in " ".join(found.statements)


def test_prompts_in_one_order_teach_nothing_of_order() -> None:
    found = describe_design(crossed(arm("a", control=True, prompts=NEED), arm("b", prompts=NEED)))
    assert found is not None
    assert found.statements == (
        "All prompting arms prompt in one order, so nothing is learnt about order.",
    )


def test_factors_of_a_metric_are_one_family() -> None:
    families = declare_families(
        crossed(cell("search", "need", control=True), cell("search", "trust"))
    )
    assert [f.name for f in families if f.estimand == "factor"] == [
        "spend: factors and their interactions",
        "kept: factors and their interactions",
    ]


def estimate(**changes: object) -> Estimate:
    settings: dict[str, object] = {
        "id": "x", "estimand": "factor", "metric": "spend", "kind": "mean", "role": "primary",
        "better": "higher", "ordering": None, "segment": None, "arm": "order=t",
        "control": "order=n", "arm_units": 1, "control_units": 1, "arm_value": 1.0,
        "control_value": 1.0, "absolute": None, "relative": None, "standard_error": None,
        "statistic": None, "df": None, "null_value": 0.0, "null_scale": "absolute", "p_value": None,
        "alpha": 0.05, "simultaneous": None, "method": "", "adjustment": Adjustment(),
        "exact": True, "conclusion": "no_difference_shown", "causal_status": "causal",
    }  # fmt: skip
    return Estimate(**settings | changes)


def test_an_arm_that_fails_takes_the_factors_that_weigh_it() -> None:
    exp = crossed(cell("search", "need", control=True), cell("search", "trust"))
    check = Check(id="clusters", severity="fail", scope="arm:search_trust", message="")
    with_it = estimate(weights={"search_trust": 1.0, "search_need": -1.0})
    without = estimate(weights={"content_trust": 1.0, "search_need": -1.0})
    (hit, spared), _ = with_validity(exp, [check], [with_it, without], [])
    assert (hit.causal_status, spared.causal_status) == ("invalid", "causal")
