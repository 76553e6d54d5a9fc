"""A table on stdout: fitted to a terminal, one line a row everywhere else. Nothing is ever cut."""

import textwrap
from collections.abc import Collection, Sequence

from pathlift.cli.screen import color, width, write

_GAP = "  "
_NARROWEST = 12  # columns below which words of a cell would stand alone


def print_grid(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    folded: Collection[str] = (),
    below: str = "",
) -> None:
    """Print rows below their heads, columns aligned, empty columns left out.

    Parameters
    ----------
    head : sequence of str
    rows : sequence of sequence of str
        As long as `head`, each.
    folded : collection of str, optional
        Heads of columns that a terminal may break into several lines, where a row is too wide.
    below : str, optional
        Head of the column that stands below its row on a terminal, and is one of many in a pipe.
    """
    kept = [i for i, name in enumerate(head) if any(row[i] for row in rows)]
    heads, cells = [head[i] for i in kept], [[row[i] for i in kept] for row in rows]
    columns = width()
    if columns is None:
        widest = _widths(heads, cells)
        write("".join(_line(row, widest) for row in (heads, *cells)))
        return
    under = heads.index(below) if below in heads else None
    beneath = ["" if under is None else row[under] for row in cells]
    if under is not None:
        heads, cells = _without(heads, under), [_without(row, under) for row in cells]
    widest = _fitted(heads, cells, columns, folded)
    if _across(widest) > columns:
        write("".join(_blocks(heads, cells, beneath, columns)))
        return
    lines = [_styled(_line(heads, widest), "1")]
    for row, said in zip(cells, beneath, strict=True):
        lines += _lines(row, widest)
        lines += _under(said, columns)
    write("".join(lines))


def _widths(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    from rich.cells import cell_len

    return [max(cell_len(row[i]) for row in (head, *rows)) for i in range(len(head))]


def _fitted(
    head: Sequence[str], rows: Sequence[Sequence[str]], columns: int, folded: Collection[str]
) -> list[int]:
    """Widths of columns, the widest that may be folded made narrower until a row fits."""
    widths = _widths(head, rows)
    may = [i for i, name in enumerate(head) if name in folded]
    while _across(widths) > columns:
        widest = max(may, key=lambda i: widths[i], default=None)
        if widest is None or widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
    return widths


def _across(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _blocks(
    head: Sequence[str], rows: Sequence[Sequence[str]], beneath: Sequence[str], columns: int
) -> list[str]:
    """Each row as its first cell and, below it, the others behind their heads."""
    lines = []
    for (first, *others), said in zip(rows, beneath, strict=True):
        told = [
            f"{name.lower()}: {cell}" for name, cell in zip(head[1:], others, strict=True) if cell
        ]
        lines += [_styled(f"{first}\n", "1"), *_under(said, columns)]
        lines += [f"{piece}\n" for piece in _indented("; ".join(told), columns)]
    return lines


def _under(said: str, columns: int) -> list[str]:
    return [_styled(f"{piece}\n", "2") for piece in _indented(said, columns)]


def _indented(said: str, columns: int) -> list[str]:
    return textwrap.wrap(said, columns, initial_indent=_GAP, subsequent_indent=_GAP)


def _lines(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """One row, over as many lines as its longest cell takes."""
    folded = [
        textwrap.wrap(cell, most, break_on_hyphens=False) or [""]
        for cell, most in zip(row, widths, strict=True)
    ]
    deepest = max(len(pieces) for pieces in folded)
    return [
        _line([pieces[i] if i < len(pieces) else "" for pieces in folded], widths)
        for i in range(deepest)
    ]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    from rich.cells import cell_len

    cells = (cell + " " * (most - cell_len(cell)) for cell, most in zip(row, widths, strict=True))
    return _GAP.join(cells).rstrip() + "\n"


def _without(row: Sequence[str], place: int) -> list[str]:
    return [cell for i, cell in enumerate(row) if i != place]


def _styled(line: str, code: str) -> str:
    return f"\x1b[{code}m{line.removesuffix(chr(10))}\x1b[0m\n" if color() else line
