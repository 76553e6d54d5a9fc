"""The table: every row of the calibration, in the order of their ids."""

from pathlift.calibration import (
    absent,
    clustered,
    dealt_halves,
    detectors,
    families,
    invariance,
    looks,
    means,
    orders,
    pipelines,
    planned,
    quantile_rows,
    shares,
    windows,
)
from pathlift.calibration.row import Row


def _place(row: Row) -> tuple[str, int]:
    return row.id[0], int(row.id[1:])


_FROM = (
    absent,
    clustered,
    dealt_halves,
    detectors,
    families,
    invariance,
    looks,
    means,
    orders,
    pipelines,
    planned,
    quantile_rows,
    shares,
    windows,
)

TABLE: tuple[Row, ...] = tuple(sorted((row for part in _FROM for row in part.ROWS), key=_place))


def row_named(id: str) -> Row:
    """Find a row.

    Parameters
    ----------
    id : str

    Returns
    -------
    Row

    Raises
    ------
    KeyError
        If the table has no such row.
    """
    for row in TABLE:
        if row.id == id:
            return row
    raise KeyError(id)
