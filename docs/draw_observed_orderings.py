"""Draws docs/observed-orderings.svg from the exact truth of two simulated worlds; no data, no seed.

Run from the root of a checkout: ``python docs/draw_observed_orderings.py``.
"""

from pathlib import Path

from pathlift.simulation import scenario
from pathlift.simulation.chain import COMPLETE
from pathlift.simulation.landmarks import Lots, lots

TARGET = Path(__file__).with_name("observed-orderings.svg")
WORLDS = (
    ("inert", "A: no ordering matters"),
    ("trust_first_intent", "C2: trust > need > touchpoint pays"),
)
SHAPES = {"search": "square", "content": "circle", "influencer": "triangle"}
LEFT, WIDTH, GAP, TOP, STEP = 190, 300, 60, 78, 34
LOW, HIGH = 0.7, 1.4  # of the ratio to need > touchpoint > trust

STYLE = """
svg { font: 13px system-ui, sans-serif; }
text { fill: #1f2328; }
.soft { fill: #57606a; }
.grid { stroke: #d8dde2; }
.one { stroke: #57606a; stroke-dasharray: 4 3; }
.naive { fill: none; stroke-width: 2; }
.search { stroke: #b35900; } .content { stroke: #0072b2; } .influencer { stroke: #007a5a; }
.like { fill: #7a1f7a; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6e8ea; } .soft { fill: #a8b0b8; } .grid { stroke: #363c43; }
  .one { stroke: #a8b0b8; } .like { fill: #e08be0; }
  .search { stroke: #e69f00; } .content { stroke: #56b4e9; } .influencer { stroke: #2bc79b; }
}
"""


def draw() -> str:
    """Return the picture as SVG text."""
    height = TOP + STEP * len(COMPLETE) + 74
    width = LEFT + 2 * WIDTH + GAP + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>Conversion by observed ordering, over that of need &gt; touchpoint &gt; trust: "
        "naive rates of three arms scatter, rates of like with like lie on the truth</title>",
        f"<style>{STYLE}</style>",
        *_key(height - 18),
    ]
    for row, ordering in enumerate(COMPLETE):
        y = TOP + STEP * row + STEP / 2
        words = ordering.replace(">", " &gt; ")
        parts.append(f'<text x="{LEFT - 14}" y="{y + 4:g}" text-anchor="end">{words}</text>')
    for place, (name, title) in enumerate(WORLDS):
        left = LEFT + place * (WIDTH + GAP)
        parts.extend(_panel(lots(scenario(name), landmark=7), title, left))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(world: Lots, title: str, left: float) -> list[str]:
    bottom = TOP + STEP * len(COMPLETE)
    parts = [f'<text x="{left}" y="30" font-weight="600">{title.replace(">", "&gt;")}</text>']
    for tick in (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4):
        x = _x(tick, left)
        kind = "one" if tick == 1 else "grid"
        parts.append(f'<line class="{kind}" x1="{x}" x2="{x}" y1="{TOP - 12}" y2="{bottom}"/>')
        parts.append(
            f'<text class="soft" x="{x}" y="{TOP - 18}" text-anchor="middle">{tick:g}</text>'
        )
    like = world.rates(by_class=True)["landmark"]
    for row in range(len(COMPLETE)):
        y = TOP + STEP * row + STEP / 2
        for arm, share in zip(world.arms, world.share, strict=True):
            six = share[:, -6:].sum(axis=0)
            naive = six[:, [1, 3, 4]].sum(axis=1) / six.sum(axis=1)
            parts.append(_mark(arm, _x(float(naive[row] / naive[0]), left), y))
        x = _x(float(like[row] / like[0]), left)
        parts.append(f'<rect class="like" x="{x - 2:g}" y="{y - 11:g}" width="4" height="22"/>')
    return parts


def _key(y: float) -> list[str]:
    parts, x = [], 20.0
    for arm in SHAPES:
        parts.append(_mark(arm, x, y - 4))
        parts.append(f'<text x="{x + 12:g}" y="{y:g}">naive, {arm}</text>')
        x += 150
    parts.append(f'<rect class="like" x="{x:g}" y="{y - 15:g}" width="4" height="22"/>')
    parts.append(f'<text x="{x + 12:g}" y="{y:g}">like with like, which is the truth here</text>')
    return parts


def _mark(arm: str, x: float, y: float) -> str:
    if SHAPES[arm] == "circle":
        return f'<circle class="naive {arm}" cx="{x:g}" cy="{y:g}" r="5"/>'
    if SHAPES[arm] == "square":
        return f'<rect class="naive {arm}" x="{x - 4.5:g}" y="{y - 4.5:g}" width="9" height="9"/>'
    points = f"{x - 5.5:g},{y + 5:g} {x + 5.5:g},{y + 5:g} {x:g},{y - 5:g}"
    return f'<polygon class="naive {arm}" points="{points}"/>'


def _x(ratio: float, left: float) -> float:
    return round(left + WIDTH * (ratio - LOW) / (HIGH - LOW), 1)


if __name__ == "__main__":
    TARGET.write_text(draw(), encoding="utf-8")
