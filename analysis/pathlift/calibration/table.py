"""The table: every row of the calibration, in the order of their ids."""

from pathlift.calibration import families, looks, means, orders, shares
from pathlift.calibration.row import Row


def _place(row: Row) -> tuple[str, int]:
    return row.id[0], int(row.id[1:])


TABLE: tuple[Row, ...] = tuple(
    sorted((*shares.ROWS, *families.ROWS, *looks.ROWS, *means.ROWS, *orders.ROWS), key=_place)
)


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
