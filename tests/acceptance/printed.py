"""Reads tables back from text and Markdown, and holds each printed number against the JSON's."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

SECTIONS = {
    "Primary": "primary",
    "Secondary": "secondary",
    "Guardrails": "guardrail",
    "What is added, and what only moves": "families",
    "Orderings that converted": "incidence",
    "Orderings taken": "ordering_share",
    "First steps": "first_step",
    "Factors": "factors",
    "Planned averages": "planned",
    "Open windows counted in": "cumulative_incidence",
    "Orderings taken, open windows counted in": "cumulative_share",
    "Stages held before exposure": "baseline",
    "Segments": "segments",
}
FIRST_COLUMNS = {"Contrast", "Ordering", "Level", "First step", "Held before"}
NOTHING = "–"

Key = tuple[str, str, str]  # section, panel, row


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One printed row; cells by the head of their column, intervals apart."""

    control: str
    arm: str
    difference: str
    difference_interval: str
    lift: str
    lift_interval: str
    p: str
    conclusion: str
    status: str


def lines_of_text(text: str) -> Iterator[tuple[Key, Line]]:
    """Rows of estimates in the text form, printed without wrapping."""
    section = panel = ""
    head: list[str] = []
    printed = text.splitlines()
    for number, line in enumerate(printed):
        under = printed[number + 1] if number + 1 < len(printed) else ""
        if under and set(under) == {"─"}:
            section, head = SECTIONS.get(line, ""), []
        elif not line.strip() or line.startswith("  "):
            head = []
        elif section and under.split("  ")[0] in FIRST_COLUMNS:
            panel = line
        elif section and line.split("  ")[0] in FIRST_COLUMNS:
            head = re.split(r"\s{2,}", line.strip())
        elif section and head:
            cells = re.split(r"\s{2,}", line.strip())
            assert len(cells) == len(head), line
            found = dict(zip(head, cells, strict=True))
            difference, difference_interval = _apart(found["Difference"])
            lift, lift_interval = _apart(found["Lift"])
            yield (
                (section, panel, _row(cells[0])),
                Line(
                    control=found["Control"],
                    arm=found["Arm"],
                    difference=difference,
                    difference_interval=difference_interval,
                    lift=lift,
                    lift_interval=lift_interval,
                    p=found["p"],
                    conclusion=found["Conclusion"],
                    status=found["Status"],
                ),
            )


def lines_of_markdown(text: str) -> Iterator[tuple[Key, Line]]:
    """Rows of estimates in the Markdown form."""
    section = panel = ""
    head: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if line.startswith("## "):
            section, head = SECTIONS.get(line.removeprefix("## "), ""), []
        elif line.startswith("### "):
            panel = line.removeprefix("### ").replace("\\", "")
        elif not cells:
            head = []
        elif section and cells[0] in FIRST_COLUMNS:
            head = cells
        elif section and head and set(cells[0]) != {"-"}:
            assert len(cells) == len(head), line
            at = head.index("Difference")
            yield (
                (section, panel, _row(cells[0].replace("\\", ""))),
                Line(
                    control=cells[head.index("Control")],
                    arm=cells[head.index("Arm")],
                    difference=cells[at],
                    difference_interval=cells[at + 1],
                    lift=cells[at + 2],
                    lift_interval=cells[at + 3],
                    p=cells[head.index("p")],
                    conclusion=cells[head.index("Conclusion")],
                    status=cells[head.index("Status")],
                ),
            )


def _row(cell: str) -> str:
    """The row without whose intended ordering it is, bold or not."""
    return re.sub(r" \(meant by [^)]*\)$", "", cell.replace("*", ""))


def _apart(cell: str) -> tuple[str, str]:
    """``+1.1 pp (+0.5 to +1.7 pp)`` as the number and its interval."""
    number, _, interval = cell.partition(" (")
    return number, interval.removesuffix(")") or NOTHING


def key_of(estimate: Mapping[str, Any]) -> Key:
    """Where an estimate of the JSON has to be printed."""
    contrast = f"{estimate['arm']} vs {estimate['control']}"
    if estimate["segment"] is not None:
        ((dimension, level),) = estimate["segment"].items()
        shown = "(missing)" if level is None else level
        if dimension == "baseline_state":
            return "baseline", _of_state(estimate), f"{shown.replace('+', ' + ')}, {contrast}"
        return "segments", f"{estimate['metric']} by {dimension}", f"{shown}, {contrast}"
    if estimate["estimand"] == "factor_interaction":
        at = f" at {estimate['factors'][-1]}="
        (differing, one), (_, zero) = (estimate[side].split(at) for side in ("arm", "control"))
        return "factors", estimate["metric"], f"{differing},{at}{one} vs{at}{zero}"
    if estimate["estimand"] == "rest":
        return "families", f"{estimate['metric']}, the rest", contrast
    if estimate["estimand"] == "planned":
        return "planned", estimate["metric"], _weighed(estimate)
    if estimate["estimand"] == "factor":
        return "factors", estimate["metric"], contrast
    if estimate["estimand"] == "cumulative_incidence" and estimate["ordering"] is None:
        return estimate["estimand"], f"{estimate['metric']}, any ordering", contrast
    if estimate["estimand"] in (
        "incidence",
        "ordering_share",
        "first_step",
        "cumulative_incidence",
        "cumulative_share",
    ):
        return estimate["estimand"], contrast, estimate["ordering"].replace(">", " > ")
    return estimate["role"], estimate["metric"], contrast


def _weighed(estimate: Mapping[str, Any]) -> str:
    """An average of several arms under its name, with what it weighs them by."""
    words = {
        sign: " + ".join(
            f"{abs(w):.4g} {arm}" for arm, w in estimate["weights"].items() if w * sign > 0
        )
        for sign in (1, -1)
    }
    one = f"{estimate['arm']} ({words[1]})"
    zero = estimate["control"]
    return f"{one} vs {zero}"


def _of_state(estimate: Mapping[str, Any]) -> str:
    if estimate["estimand"] == "itt":
        return str(estimate["metric"])
    taken = estimate["ordering"].replace(">", " > ")
    return f"{taken}, and converted (meant by {estimate['arm']})"


def hold(line: Line, estimate: Mapping[str, Any]) -> None:
    """Assert that every number of a row is the JSON's, rounded."""
    name = estimate["id"]
    if estimate["not_estimated"] is not None:
        assert estimate["not_estimated"]["reason"] in line.conclusion.replace("\\", ""), name
        assert line.difference == line.lift == line.p == NOTHING, name
        return
    share = estimate["kind"] == "proportion"
    family = estimate["simultaneous"] or {}
    absolute = family.get("absolute") or estimate["absolute"]
    relative = family.get("relative") or estimate["relative"]
    _is(line.control, estimate["control_value"], percent=share, name=name)
    _is(line.arm, estimate["arm_value"], percent=share, name=name)
    _is(line.difference, absolute["estimate"], percent=share, name=name)
    _is_interval(line.difference_interval, absolute, percent=share, name=name)
    if relative is None or relative["estimate"] is None:
        assert line.lift == NOTHING, name
    else:
        _is(line.lift, relative["estimate"], percent=True, name=name)
        _is_interval(line.lift_interval, relative, percent=True, name=name)
    adjusted = family.get("p_adjusted")
    _is_p(line.p, estimate["p_value"] if adjusted is None else adjusted, name)
    status = estimate["causal_status"]
    if status == "causal_if":
        status = f"causal if {' and '.join(estimate['assumptions'])}"
    assert line.status.split(",")[0].replace("*", "") == status, name


def _is(cell: str, value: float | None, *, percent: bool, name: str) -> None:
    if value is None:
        assert cell == NOTHING, name
        return
    assert percent == cell.endswith(("%", " pp")), (name, cell)
    _rounds(cell, value, percent=percent, name=name)


def _rounds(cell: str, value: float, *, percent: bool, name: str) -> None:
    bare = cell.removesuffix("%").removesuffix(" pp").replace(",", "").replace("−", "-")
    exact = Decimal(repr(value)) * (100 if percent else 1)
    half = Decimal(5).scaleb(-len(bare.partition(".")[2]) - 1)  # half of its last digit
    assert abs(Decimal(bare) - exact) <= half, (name, cell, value)


def _is_interval(cell: str, span: Mapping[str, float | None], *, percent: bool, name: str) -> None:
    if span["low"] is None and span["high"] is None:
        assert cell == "unbounded", (name, cell)
        return
    low, _, high = cell.removesuffix("%").removesuffix(" pp").partition(" to ")
    for end, value in ((low, span["low"]), (high, span["high"])):
        if value is None:
            assert end.endswith("∞"), (name, cell)
        else:
            _rounds(end, value, percent=percent, name=name)


def _is_p(cell: str, p: float, name: str) -> None:
    cell = cell.removeprefix("\\")  # Markdown's escape of <
    if cell.startswith("<"):
        assert p < float(cell.removeprefix("<").replace("−", "-")), (name, cell, p)
        return
    if cell.startswith(">"):
        assert p > float(cell.removeprefix(">")), (name, cell, p)
        return
    shown = Decimal(cell.replace("−", "-"))
    exponent = shown.as_tuple().exponent
    assert isinstance(exponent, int)
    digit = Decimal(1).scaleb(-4 if cell == "1" else exponent)  # 1 stands for 1.0000
    assert abs(shown - Decimal(repr(p))) <= digit / 2, (name, cell, p)
