"""Texts of others that turn the direction of what is written after them: shown, not obeyed.

A title with U+202E reverses the rest of its line, so that another sentence stands there than was
written. Marks that only say how neutral letters beside them run (U+200E, U+200F) stay.
"""

_TURNING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Embeddings, overrides and isolates of Unicode's algorithm (UAX 9, 2.1 to 2.4), and their ends."""

_SHOWN = dict.fromkeys(_TURNING, "\N{REPLACEMENT CHARACTER}")


def plain_direction(text: str) -> str:
    """Show what would turn the direction of a text in place of obeying it.

    Parameters
    ----------
    text : str
        Markup stays markup.

    Returns
    -------
    str

    Examples
    --------
    >>> plain_direction(f"lift {chr(0x202E)}2 to 1") == f"lift {chr(0xFFFD)}2 to 1"
    True
    """
    return text.translate(_SHOWN)
