"""Who is eligible and converts in time: exact truth and logs read by SQL, held to each other."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import expm

from pathlift.outcomes.collecting import collect
from pathlift.registry.loading import load_experiment
from pathlift.simulation import LogFacts, Scenario, scenario, truth
from pathlift.simulation.chain import COMPLETE, LABELS, Rates, generator, rates_of
from pathlift.simulation.landmarks import LOTS, lots, lots_of
from pathlift.statistics.cells import label

ERRORS = 4  # as K25 of the methods asks, see test_log_against_truth
JOURNEYS = Path(__file__).parents[2] / "experiments" / "journeys.yaml"


@pytest.mark.parametrize("name", ["inert", "intent", "trust_first_intent", "journeys"])
def test_lots_add_up_to_what_the_truth_says_of_labels(name: str) -> None:
    world = scenario(name)
    found, table = lots(world, landmark=7), truth(world)
    for place, arm in enumerate(table.arms):
        by_label = found.share[place].sum(axis=0)
        assert by_label.sum() == pytest.approx(1, abs=1e-12)  # the exponential's own accuracy
        for row, seen in enumerate(LABELS):
            assert by_label[row].sum() == pytest.approx(arm.share[seen], abs=1e-12)
            converted = by_label[row, [1, 3, 4]].sum()
            assert converted == pytest.approx(arm.incidence[seen], abs=1e-12)
    assert found.share.min() >= 0
    assert not found.share[:, :, :-6, 2:].any()  # only complete orderings are eligible
    assert found.share.shape[-1] == len(LOTS)


def test_the_eligible_are_those_who_arrive_by_quadrature_of_their_arrivals() -> None:
    """Arrivals at a complete ordering are those at its prefix times the last speed, integrated."""
    world = scenario("journeys")
    rates = rates_of(world, world.arms[2], world.classes[1])
    found = lots_of(rates, window=14, landmark=5)
    for ordering in COMPLETE:
        prefix, _, last = ordering.rpartition(">")
        place = LABELS.index(prefix)

        def arriving(
            day: float, place: int = place, prefix: str = prefix, last: str = last
        ) -> float:
            return _live(rates, day, place) * rates.stage(last, prefix)

        eligible, _ = quad(arriving, 0, 9, epsabs=1e-11)
        speed, churn = rates.purchase(ordering), rates.churn
        soon = speed / (speed + churn) * (1 - math.exp(-(speed + churn) * 5))
        row = found[LABELS.index(ordering)]
        assert row[2:].sum() == pytest.approx(eligible, abs=1e-9)
        assert row[4] == pytest.approx(eligible * soon, abs=1e-9)


def _live(rates: Rates, day: float, place: int) -> float:
    """Share still live at a label."""
    return float(expm(generator(rates) * day)[0, place])


def test_a_log_read_by_the_sql_has_as_many_eligible_and_converted_as_the_truth(
    facts: LogFacts, world: Scenario
) -> None:
    experiment = load_experiment(JOURNEYS, data_root=facts.folder)
    statistics = collect(experiment)
    found = lots(world, landmark=7)
    cells = statistics.cells
    for place, arm in enumerate(found.arms):
        by_label = found.share[place].sum(axis=0)
        n = dict(facts.arm_units)[arm]
        rows = [row for row, cell in enumerate(cells.cells) if cell.arm == arm]
        for ordering in COMPLETE:
            own = [row for row in rows if label(cells.cells[row].label).ordering == ordering]
            expected = by_label[LABELS.index(ordering)]
            for counts, share in (
                (cells.lm_elig, expected[2:].sum()),
                (cells.lm_conv, expected[4]),
            ):
                seen = sum(int(counts[row]) for row in own)
                error = math.sqrt(n * share * (1 - share))
                # one unit for discreteness, and a few in 100,000 tie on the grid of a second
                assert abs(seen - n * share) <= ERRORS * error + 2, (arm, ordering)


def test_rates_are_weighted_by_the_eligible() -> None:
    found = lots(scenario("intent"), landmark=7)
    by_hand = np.zeros(6)
    eligible = found.share[:, :, -6:, 2:].sum(axis=-1)
    for arm, shopper in np.ndindex(eligible.shape[:2]):
        weight = eligible[arm, shopper].sum() / eligible.sum()
        by_hand += weight * found.share[arm, shopper, -6:, 4] / eligible[arm, shopper]
    assert found.rates(by_class=True)["landmark"] == pytest.approx(by_hand, abs=1e-14)
