"""Numbers of a page as a reader sees them, held against those of the document."""

from tests.report.page import Element

from pathlift.report.rows import headline, headline_relative
from pathlift.result.model import Estimate


def rows_of(page: Element) -> dict[str, Element]:
    """Rows of estimates by their id."""
    rows = [row for row in page.all("tr") if "data-id" in row.attributes]
    found = {row.attributes["data-id"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def agrees(shown: str, value: float | None, *, percent: bool) -> bool:
    """Whether what a reader sees is the value, rounded to as many digits as are shown."""
    if value is None:
        return "∞" in shown or shown in ("–", "unbounded")
    digits = shown.replace("−", "-").replace(",", "").removesuffix(" pp").removesuffix("%")
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2])
    # 1e-9: binary floats of the comparison itself, far below the last digit shown
    return abs(float(digits) - value * (100 if percent else 1)) <= half * (1 + 1e-9) + 1e-12


def ends(shown: str) -> tuple[str, str]:
    low, _, high = shown.removesuffix(" pp").removesuffix("%").partition(" to ")
    return low, high


def check_row(row: Element, estimate: Estimate) -> None:
    percent = estimate.kind == "proportion"
    absolute, relative = headline(estimate), headline_relative(estimate)
    assert absolute is not None
    assert agrees(row.one("span", cls="difference").text, absolute.estimate, percent=percent)
    low, high = ends(row.one("span", cls="difference-interval").text)
    assert agrees(low, absolute.low, percent=percent)
    assert agrees(high, absolute.high, percent=percent)
    assert agrees(row.one("td", cls="control-value").text, estimate.control_value, percent=percent)
    assert agrees(row.one("td", cls="arm-value").text, estimate.arm_value, percent=percent)
    if relative is not None:
        assert agrees(row.one("span", cls="lift").text, relative.estimate, percent=True)
        shown = row.one("span", cls="lift-interval").text
        if shown == "unbounded":
            assert (relative.low, relative.high) == (None, None)
        else:
            assert agrees(ends(shown)[0], relative.low, percent=True)
            assert agrees(ends(shown)[1], relative.high, percent=True)
