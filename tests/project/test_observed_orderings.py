"""Every figure of docs/why-not-compare-observed-orderings.md, held against the exact truth.

The page is read as it stands; nothing here knows its figures but where they are.
"""

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest, chi2_contingency
from tests.support.lots import counts_of, eligible_counts, naive_counts, proxied

from pathlift.inference.mantel_haenszel import association, scores
from pathlift.simulation import scenario, truth
from pathlift.simulation.chain import COMPLETE
from pathlift.simulation.landmarks import Lots, lots

DOCS = Path(__file__).parents[2] / "docs"
PAGE = " ".join((DOCS / "why-not-compare-observed-orderings.md").read_text("utf-8").split())
LINES = (DOCS / "why-not-compare-observed-orderings.md").read_text("utf-8").splitlines()
NTR, RNT = COMPLETE.index("need>touchpoint>trust"), COMPLETE.index("trust>need>touchpoint")


@pytest.fixture(scope="module")
def worlds() -> dict[str, Lots]:
    names = ("inert", "intent", "trust_first_intent")
    return {name: lots(scenario(name), landmark=7) for name in names}


def table(head: str) -> list[list[str]]:
    """Cells of the table whose first head is this."""
    start = next(n for n, line in enumerate(LINES) if line.startswith(f"| {head}"))
    rows = []
    for line in LINES[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def figures(pattern: str) -> list[float]:
    found = re.search(pattern, PAGE)
    assert found, pattern
    return [float(each.replace("−", "-")) for each in found.groups()]


def spread(rates: np.ndarray) -> float:
    return float(rates.max() / rates.min())


def test_the_table_of_world_a_is_exact(worlds: dict[str, Lots]) -> None:
    units, converted = naive_counts(worlds["inert"].share)
    like = worlds["inert"].rates(by_class=True)["landmark"]
    rows = table("ordering")
    assert [row[0].replace(" ", "") for row in rows] == list(COMPLETE)
    for place, row in enumerate(rows):
        exact = [*(converted[place] / units[place]), like[place]]
        assert row[1:] == [f"{rate:.1%}" for rate in exact]
    (said,) = figures(r"looks ([\d.]+) times as good as the worst. The reason is time")
    assert said == round(spread(converted[:, 0] / units[:, 0]), 2)


@pytest.mark.parametrize("place", range(3))
def test_the_tests_reject_as_often_as_the_page_says(worlds: dict[str, Lots], place: int) -> None:
    """1,000 experiments anew: the page's rounded percents lie within their errors."""
    row = table("shoppers per arm")[place]
    units = int(row[0].replace(",", ""))
    rng = np.random.default_rng(units)
    naive = honest = 0
    for _ in range(1_000):
        counts = counts_of(worlds["inert"], units, rng)
        n, x = naive_counts(counts)
        p = float(chi2_contingency(np.array([x[:, 0], n[:, 0] - x[:, 0]])).pvalue)
        naive += int(p < 0.05)
        score, by_stratum = scores(*eligible_counts(counts))
        honest += float(association(score, by_stratum.sum(axis=0)).p_value) < 0.05
    for count, said in ((naive, row[1]), (honest, row[2])):
        share = float(said.rstrip("%")) / 100
        # rounded to whole percents, and two of our simulations against each other: 99.9% bounds
        bounds = binomtest(int(count), 1_000).proportion_ci(0.999)
        assert bounds.low - 0.015 <= share <= bounds.high + 0.015


def test_the_figures_of_worlds_b_and_c2_are_exact(worlds: dict[str, Lots]) -> None:
    b, c2 = worlds["intent"], worlds["trust_first_intent"]
    (crude,) = figures(r"best of the six orderings looks ([\d.]+) times as good as the worst")
    (like,) = figures(r"brings it back to ([\d.]+), if you know")
    (guess,) = figures(r"right for 80% of the shoppers, ([\d.]+) is left")
    assert crude == round(spread(b.rates()["landmark"]), 2)
    assert like == round(spread(b.rates(by_class=True)["landmark"]), 2)
    seen = proxied(b, 0.8)
    pooled = replace(seen, share=seen.share.sum(axis=0, keepdims=True))
    assert guess == round(spread(pooled.rates(by_class=True)["landmark"]), 2)
    (pays,) = figures(r"touchpoint converts ([\d.]+) times as often as the others")
    exact = c2.rates(by_class=True)["landmark"]
    assert pays == round(exact[RNT] / exact[NTR], 2)
    units, converted = naive_counts(c2.share)
    ratios = (converted[RNT] / units[RNT]) / (converted[NTR] / units[NTR])
    said = figures(r"at ([\d.]+) in search, at ([\d.]+) in content, and at ([\d.]+) in influencer")
    assert said == [round(float(ratio), 2) for ratio in ratios]


def test_mix_and_rate_of_world_b_are_exact() -> None:
    table_ = truth(scenario("intent"))
    search, influencer = table_.arms[0], table_.arms[2]
    mix = rate = 0.0
    for label, p0 in search.share.items():
        p1 = influencer.share[label]
        r0, r1 = search.incidence[label] / p0, influencer.incidence[label] / p1
        mix += (p1 - p0) * (r1 + r0) / 2
        rate += (r1 - r0) * (p1 + p0) / 2
    said = figures(r"a mix of (−?[\d.]+) points and a rate of \+([\d.]+) points")
    assert said == [round(100 * mix, 2), round(100 * rate, 2)]


def test_the_picture_is_drawn_from_the_exact_truth_and_so_is_its_description(
    worlds: dict[str, Lots],
) -> None:
    spec = importlib.util.spec_from_file_location("draw", DOCS / "draw_observed_orderings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.draw() == (DOCS / "observed-orderings.svg").read_text("utf-8")
    drawn = []
    for name in ("inert", "trust_first_intent"):
        units, converted = naive_counts(worlds[name].share)
        rates = converted / units
        drawn.append(rates / rates[NTR])
    said = figures(r"arms scatter between ([\d.]+) and ([\d.]+); rates")
    assert said == [round(float(np.min(drawn)), 2), round(float(np.max(drawn)), 2)]
