"""Arms of clusters from file to result: what must be the same when the same is asked otherwise."""

import csv
from pathlib import Path

import numpy as np
import pytest

from pathlift import analyze, load_experiment
from pathlift.report.text import render_text
from pathlift.result.model import Result

pytestmark = pytest.mark.engine

DEFINITION = """
data: {{units: {{path: units.csv, where: "{where}"}}}}
arms:
  grey: {{control: true, cluster: {{column: shop, randomised: {grey}}}}}
  green: {{cluster: {{column: shop, randomised: {grey}}}}}
metrics:
  bought: {{kind: proportion, column: bought, role: primary}}
  spend: {{kind: mean, column: spend, unit: 0.01}}
  basket: {{kind: ratio, numerator: spend, denominator: bought}}
{more}
"""


def rows(seed: int = 1) -> list[dict[str, object]]:
    rng = np.random.default_rng(seed)
    found: list[dict[str, object]] = []
    for arm in ("grey", "green"):
        for shop in range(24):
            own = rng.normal()
            for _ in range(int(rng.integers(8, 40))):
                bought = int(rng.random() < 0.4 + 0.1 * own * 0.5)
                found.append(
                    {
                        "arm": arm,
                        "shop": f"{arm}-{shop:02d}",
                        "bought": bought,
                        "spend": f"{bought * rng.gamma(2, 20):.2f}",
                        "country": str(rng.choice(["DE", "FR"])),
                    }
                )
    return found


def result(
    folder: Path,
    units: list[dict[str, object]],
    *,
    where: str = "shop is not null",
    more: str = "",
    randomised: str = "clusters",
) -> Result:
    with (folder / "units.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(units[0]))
        writer.writeheader()
        writer.writerows(units)
    path = folder / "shops.yaml"
    path.write_text(DEFINITION.format(where=where, more=more, grey=randomised), encoding="utf-8")
    return analyze(load_experiment(path))


def test_a_level_of_a_segment_is_what_its_units_alone_would_give(tmp_path: Path) -> None:
    units = rows()
    whole = result(tmp_path, units, more="segments: [country]")
    for level in ("DE", "FR"):
        alone = result(tmp_path, units, where=f"country = '{level}'")
        for metric in ("bought", "spend", "basket"):
            part = whole.estimate(f"itt/{metric}//country={level}/green-grey")
            one = alone.estimate(f"itt/{metric}///green-grey")
            assert part.standard_error == one.standard_error
            assert (part.absolute, part.df, part.p_value) == (one.absolute, one.df, one.p_value)
    tests = [test for test in whole.omnibus if test.estimand == "interaction"]
    # shops sell in both countries: levels are compared between shops, not as if they were apart
    assert {test.test for test in tests} == {
        "Wald's test, between clusters, that no contrast differs between levels"
    }
    assert [test.not_estimated for test in tests] == [None] * 3


def test_the_order_of_rows_and_the_names_of_clusters_change_no_bit(tmp_path: Path) -> None:
    units = rows()
    first = result(tmp_path, units)
    order = np.random.default_rng(5).permutation(len(units))
    second = result(tmp_path, [units[i] for i in order])
    assert first.estimates == second.estimates
    assert first.sensitivity == second.sensitivity


def test_clusters_widen_what_units_alone_would_say(tmp_path: Path) -> None:
    found = result(tmp_path, rows()).estimate("itt/bought///green-grey")
    assert found.method == (
        "variance between clusters (CR2), t with Bell and McCaffrey's degrees of freedom"
    )
    assert found.df is not None
    assert found.df < 46  # 24 and 24 clusters of unequal size


def test_the_report_says_what_was_drawn_and_how_many(tmp_path: Path) -> None:
    told = render_text(result(tmp_path, rows()))
    assert "24 clusters of shop" in told
    assert "Whole clusters were drawn" in told
    told = render_text(result(tmp_path, rows(), randomised="units"))
    assert "Units were drawn and given their cluster" in told
