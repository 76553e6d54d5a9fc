"""What is a metric or an arm called, of which only the spelling is known? Knows no data."""

from collections.abc import Collection, Iterable, Mapping


def names_of(spelled: Iterable[str]) -> Mapping[str, str]:
    """Give each column or value a name that a definition accepts: printable, without a slash.

    Parameters
    ----------
    spelled : iterable of str
        Distinct, as the data have them.

    Returns
    -------
    mapping of str to str
        Names that are distinct as well; the spelling itself wherever it will do.

    Examples
    --------
    >>> dict(names_of(["spend", "a/b", "a_b", " x"]))
    {'spend': 'spend', 'a_b': 'a_b', 'a/b': 'a_b_2', ' x': 'x'}
    """
    every = tuple(spelled)
    names = {one: one for one in every if _clean(one) == one}
    taken = set(names.values())
    for one in every:
        if one not in names:
            names[one] = untaken(_clean(one), taken)
            taken.add(names[one])
    return names


def _clean(spelled: str) -> str:
    letters = (
        letter if letter.isprintable() and letter != "/" else "_" for letter in spelled.strip()
    )
    return "".join(letters) or "unnamed"


def untaken(name: str, taken: Collection[str]) -> str:
    """Make a name distinct from others by a number at its end.

    Parameters
    ----------
    name : str
    taken : collection of str

    Returns
    -------
    str
        The name itself where nobody has it.
    """
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
