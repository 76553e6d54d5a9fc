"""Rows of methods 7 whose method the product does not have."""

from pathlift.calibration.row import Row

ROWS = (
    Row(
        id="K28",
        scenario="Bounds of Lee on the effect among those who complete an ordering in either arm",
        target="contain the truth of potential outcomes",
        not_there="pathlift has no Lee bounds: it estimates nothing among units chosen by what "
        "they did after exposure",
    ),
)
