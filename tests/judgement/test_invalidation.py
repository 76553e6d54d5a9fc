"""What a failed check takes away, scope by scope."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pathlift.judgement.invalidation import with_validity
from pathlift.registry.experiment import Metric, RatioOf
from pathlift.result.model import Check, Omnibus

Make = Callable[..., Any]


def _failed(scope: str, severity: str = "fail") -> Check:
    return Check(id="any", severity=severity, scope=scope, message="Wrong.")


def _omnibus(estimand: str, metric: str | None = None, segment: str | None = None) -> Omnibus:
    return Omnibus(
        estimand=estimand,
        metric=metric,
        ordering=None,
        segment=segment,
        test="Wald",
        statistic=1.0,
        df=2.0,
        p_value=0.6,
        causal_status="causal",
    )


@pytest.mark.parametrize(
    ("scope", "hit"),
    [
        ("experiment", {"itt", "ratio", "country", "tnr", "n_t", "other", "share"}),
        ("orderings", {"tnr", "n_t", "other", "share"}),
        ("stage:trust", {"tnr", "other", "share"}),
        ("stage:need", {"tnr", "n_t", "other", "share"}),
        ("metric:conversion", {"itt", "country", "tnr", "n_t", "other"}),
        ("metric:orders", {"ratio"}),
        ("segment:country", {"country"}),
        ("segment:platform", set()),
    ],
)
def test_a_scope_hits_its_own_estimates_and_no_number_moves(
    scope: str, hit: set[str], experiment: Make, estimate: Make, conversion: Make
) -> None:
    ratio = Metric(
        name="order_value",
        kind="ratio",
        source=RatioOf(numerator="revenue", denominator="orders"),
    )
    parts = [replace(conversion(role="secondary"), name=name) for name in ("revenue", "orders")]
    made = experiment(metrics=(conversion(), ratio, *parts))
    of = {
        "itt": estimate(),
        "ratio": estimate(metric="order_value"),
        "country": estimate(segment={"country": "de"}),
        "tnr": estimate(estimand="incidence", ordering="touchpoint>need>trust"),
        "n_t": estimate(estimand="incidence", ordering="need>touchpoint"),
        "other": estimate(estimand="incidence", ordering="other"),
        "share": estimate(estimand="ordering_share", metric=None, ordering="trust>need"),
    }
    after, _ = with_validity(made, [_failed(scope)], of.values(), ())
    assert {name for name, e in zip(of, after, strict=True) if e.causal_status == "invalid"} == hit
    for before, now in zip(of.values(), after, strict=True):
        assert now.model_copy(update={"causal_status": "causal"}) == before


@pytest.mark.parametrize(
    ("scope", "hit"),
    [
        ("experiment", [True, True, True]),
        ("orderings", [False, True, False]),
        ("stage:need", [False, True, False]),
        ("metric:conversion", [True, False, True]),
        ("segment:country", [False, False, True]),
    ],
)
def test_tests_over_all_arms_fall_with_their_estimates(
    scope: str, hit: list[bool], experiment: Make
) -> None:
    tests = (
        _omnibus("itt", "conversion"),
        _omnibus("ordering_share"),
        _omnibus("interaction", "conversion", "country"),
    )
    _, after = with_validity(experiment(), [_failed(scope)], (), tests)
    assert [test.causal_status == "invalid" for test in after] == hit


@pytest.mark.parametrize("severity", ["pass", "info", "warn", "not_checked"])
def test_only_a_failed_check_takes_away(severity: str, experiment: Make, estimate: Make) -> None:
    after, _ = with_validity(experiment(), [_failed("experiment", severity)], [estimate()], ())
    assert after == (estimate(),)


def test_an_unknown_scope_is_a_bug(experiment: Make, estimate: Make) -> None:
    with pytest.raises(ValueError, match="no scope"):
        with_validity(experiment(), [_failed("everything")], [estimate()], ())


@pytest.mark.parametrize(
    ("scope", "hit"),
    [
        # a stage that is not seen makes another the first, and every ordering with it another
        pytest.param(
            "stage:trust",
            {"first_step need", "first_step none", "cumulative need>trust>touchpoint"},
            id="a stage",
        ),
        pytest.param(
            "orderings",
            {"first_step need", "first_step none", "cumulative need>trust>touchpoint"},
            id="orderings",
        ),
        # conversion over all orderings is what no label touches
        pytest.param(
            "metric:conversion",
            {"cumulative None", "cumulative need>trust>touchpoint", "state"},
            id="conversion",
        ),
        pytest.param("segment:baseline_state", {"state"}, id="a dimension"),
    ],
)
def test_what_stands_on_labels_falls_with_them(
    experiment: Make, estimate: Make, scope: str, hit: set[str]
) -> None:
    named = {
        "first_step need": estimate(estimand="first_step", metric=None, ordering="need"),
        "first_step none": estimate(estimand="first_step", metric=None, ordering="none"),
        "cumulative None": estimate(estimand="cumulative_incidence"),
        "cumulative need>trust>touchpoint": estimate(
            estimand="cumulative_incidence", ordering="need>trust>touchpoint"
        ),
        "state": estimate(segment={"baseline_state": "trust"}),
    }
    failed = Check(id="x", severity="fail", scope=scope, message="failed")
    estimates, _ = with_validity(experiment(), [failed], named.values(), ())
    found = {
        name for name, one in zip(named, estimates, strict=True) if one.causal_status == "invalid"
    }
    assert found == hit
