"""What a finished design could have found, from standard errors written down by hand."""

import numpy as np
import pytest
from scipy import stats
from tests.support.experiments import conversion, experiment, metric
from tests.support.units import statistics_of

from pathlift.inference.estimates import estimate_all
from pathlift.inference.power import POWER, smallest_effects
from pathlift.judgement.families import declare_families

N = 40
RNG = np.random.default_rng(8)
SPEND = RNG.integers(5, 60, 2 * N)
VISITS = RNG.poisson(3, 2 * N)
ARM = ["control"] * N + ["treated"] * N


def test_the_smallest_lift_is_that_of_the_primary_metric_over_all_units() -> None:
    exp = experiment(metrics=[metric("visits", role="secondary"), metric("spend", role="primary")])
    tables = statistics_of(ARM, {"visits": VISITS.tolist(), "spend": SPEND.tolist()})
    found = smallest_effects(exp, estimate_all(exp, tables, declare_families(exp)).estimates)
    v1, v0 = (SPEND[part].var(ddof=1) / N for part in (slice(N, None), slice(N)))
    df = (v1 + v0) ** 2 / ((v1**2 + v0**2) / (N - 1))  # Welch, Satterthwaite
    critical = stats.t.isf(0.025, df)
    assert found.primary == "spend"
    assert found.units == 2 * N
    assert found.critical_value == pytest.approx(critical, rel=1e-9)
    # methods 5: (c + z_power) SE
    assert POWER == 0.8
    reach = critical + stats.norm.isf(1 - POWER)
    assert found.mde == {"treated-control": pytest.approx(reach * np.sqrt(v1 + v0), rel=1e-9)}
    assert found.not_estimated == {}


def test_without_a_primary_metric_nothing_is_said_to_be_found() -> None:
    exp = experiment(metrics=[metric("spend", role="secondary")])
    tables = statistics_of(ARM, {"spend": SPEND.tolist()})
    found = smallest_effects(exp, estimate_all(exp, tables, declare_families(exp)).estimates)
    assert (found.primary, found.units, found.mde, found.critical_value) == (None, 0, {}, None)


def test_without_spread_there_is_a_reason_in_place_of_0() -> None:
    exp = experiment(metrics=[conversion()])
    tables = statistics_of(ARM, {"conversion": [0] * (2 * N)})
    found = smallest_effects(exp, estimate_all(exp, tables, declare_families(exp)).estimates)
    assert found.mde == {}
    assert list(found.not_estimated) == ["treated-control"]
