"""Beginnings of orderings: what lengthens one and what ends with it add up to it."""

from hypothesis import given
from hypothesis import strategies as st

from pathlift.judgement.flow import flow_of
from pathlift.result.model import LabelRow
from pathlift.statistics.cells import all_codes, label

STAGES = ("need", "touchpoint", "trust")
KNOWN = [label(code, STAGES) for code in all_codes()]


@st.composite
def label_rows(draw: st.DrawFn) -> list[LabelRow]:
    """Some of the labels of two arms, with counts."""
    rows = []
    for arm in ("search", "content"):
        for read in draw(st.lists(st.sampled_from(KNOWN), unique_by=lambda r: r.ordering)):
            units = draw(st.integers(0, 10_000))
            rows.append(
                LabelRow(
                    arm=arm,
                    ordering=read.ordering,
                    kind=read.kind,
                    tied=read.tied,
                    units=units,
                    converted=draw(st.integers(0, units)),
                )
            )
    return rows


@given(label_rows())
def test_a_beginning_counts_every_label_that_begins_so(rows: list[LabelRow]) -> None:
    for step in flow_of(rows):
        own = [row for row in rows if row.arm == step.arm]
        begun = [
            row for row in own if f"{row.ordering}>".startswith(f"{step.path}>") or step.path == ""
        ]
        ended = [row for row in own if row.ordering == step.path]
        assert (step.units, step.converted) == (
            sum(row.units for row in begun),
            sum(row.converted for row in begun),
        )
        assert (step.ended, step.ended_converted) == (
            sum(row.units for row in ended),
            sum(row.converted for row in ended),
        )


@given(label_rows())
def test_ends_add_up_to_the_arm(rows: list[LabelRow]) -> None:
    steps = flow_of(rows)
    for whole in (step for step in steps if step.path == ""):
        own = [step for step in steps if step.arm == whole.arm]
        assert sum(step.ended for step in own) == whole.units
        assert sum(step.ended_converted for step in own) == whole.converted


def test_an_unknown_label_is_a_beginning_of_its_own() -> None:
    row = LabelRow(arm="a", ordering="", kind="unknown", tied=False, units=7, converted=2)
    none = LabelRow(arm="a", ordering="", kind="none", tied=False, units=5, converted=1)
    steps = {step.path: step for step in flow_of([none, row])}
    assert (steps[""].units, steps[""].ended) == (12, 5)
    assert (steps["unknown"].units, steps["unknown"].ended_converted) == (7, 2)
