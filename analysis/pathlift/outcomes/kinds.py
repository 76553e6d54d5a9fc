"""What a DuckDB type can serve for."""

INTEGERS = frozenset(
    {
        "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
        "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
    }
)  # fmt: skip


def is_number(kind: str) -> bool:
    """Whether a type is a number.

    Parameters
    ----------
    kind : str
        A DuckDB type as DuckDB writes it, in capitals.

    Returns
    -------
    bool
        True for integers of any width, FLOAT, DOUBLE and DECIMAL; BOOLEAN is no number.

    Examples
    --------
    >>> is_number("DECIMAL(18,2)"), is_number("BOOLEAN")
    (True, False)
    """
    return kind in INTEGERS or is_fraction(kind)


def is_fraction(kind: str) -> bool:
    """Whether a type is a number that need not be whole.

    Parameters
    ----------
    kind : str
        A DuckDB type as DuckDB writes it, in capitals.

    Returns
    -------
    bool
        True for DECIMAL of any scale, 0 included.

    Examples
    --------
    >>> is_fraction("DECIMAL(18,2)"), is_fraction("BIGINT")
    (True, False)
    """
    return kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL")
