"""A plain table on stdout. Words only: no colour, no border, nothing cut."""

from collections.abc import Sequence

from pathlift.cli.screen import write


def print_grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below their heads, columns aligned, empty columns left out.

    Parameters
    ----------
    head : sequence of str
    rows : sequence of sequence of str
        As long as `head`, each.
    """
    from rich.cells import cell_len

    columns = [i for i in range(len(head)) if any(row[i] for row in rows)]
    widths = {i: max(cell_len(row[i]) for row in (head, *rows)) for i in columns}
    for row in (head, *rows):
        cells = (row[i] + " " * (widths[i] - cell_len(row[i])) for i in columns)
        write("  ".join(cells).rstrip() + "\n")
