"""Property: whatever the numbers are, those of the page are those of the document, rounded."""

from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.report.page import read_page
from tests.report.reading import check_row, rows_of
from tests.report.results import Numbers, estimate, journeys

from pathlift.report.html import render_html
from pathlift.result.model import Estimate

METRICS = ("conversion", "revenue", "orders", "refunds")
ARMS = ("content", "influencer")


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What an estimate is drawn from: its size, and by how much of it arms differ."""

    kind: str
    level: float
    change: float
    error: float
    family: int | None


def drawn() -> st.SearchStrategy[Drawn]:
    # shares below 1, means of money and of rare things; errors from hardly any to all of the level
    return st.builds(
        Drawn,
        kind=st.sampled_from(["proportion", "mean"]),
        level=st.floats(min_value=1e-5, max_value=0.45),
        change=st.floats(min_value=-0.9, max_value=0.9),
        error=st.floats(min_value=1e-4, max_value=1.0),
        family=st.sampled_from([None, 2]),
    )


def made(arm: str, metric: str, one: Drawn, scale: float) -> Estimate:
    control = one.level * (1.0 if one.kind == "proportion" else scale)
    fields: dict[str, Any] = {
        "kind": one.kind,
        "metric": metric,
        "role": "primary" if metric == "conversion" else "secondary",
    }
    numbers = Numbers(
        arm=control * (1 + one.change), control=control, standard_error=control * one.error
    )
    return estimate(numbers, arm=arm, family=one.family, **fields)


@given(
    st.lists(st.tuples(drawn(), drawn()), min_size=1, max_size=len(METRICS)),
    st.sampled_from([1e-3, 1.0, 1e6]),
)
def test_the_page_and_the_document_say_the_same(
    pairs: list[tuple[Drawn, Drawn]], scale: float
) -> None:
    kinds = [pair[0].kind for pair in pairs]  # both arms of a metric are of its kind
    estimates = tuple(
        made(arm, metric, Drawn(**{**vars(one), "kind": kind}), scale)
        for metric, pair, kind in zip(METRICS, pairs, kinds, strict=False)
        for arm, one in zip(ARMS, pair, strict=True)
    )
    result = journeys().model_copy(update={"estimates": estimates, "omnibus": ()})
    rows = rows_of(read_page(render_html(result)))
    assert sorted(rows) == sorted(each.id for each in estimates)
    for each in estimates:
        check_row(rows[each.id], each)
