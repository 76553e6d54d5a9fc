"""The definition that a plain comparison stands for, as a commented file of YAML. Reads nothing."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from pathlift.comparison.naming import names_of, untaken
from pathlift.comparison.wish import Wish

_SIMPLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_HEAD: Final = """\
# yaml-language-server: $schema=./experiment.schema.json
#
# Written by `pathlift compare`: one row per unit, with the arm and the outcomes in it. The first
# line lets an editor explain the keys, once `pathlift schema experiment` is saved under that name.

exploratory: true      # put together with the data in hand; leave it out where it was not"""


def definition_text(wish: Wish, *, data: str, arms: Iterable[str]) -> str:
    """Write a comparison as a definition.

    Parameters
    ----------
    wish : Wish
    data : str
        Path of the table, relative to where the definition will lie, or absolute.
    arms : iterable of str
        As the data write them, the control first.

    Returns
    -------
    str
        YAML; ends with a line end.
    """
    return "\n".join(_lines(wish, data, tuple(arms))) + "\n"


def _lines(wish: Wish, data: str, arms: tuple[str, ...]) -> Iterator[str]:
    yield _HEAD
    if wish.unit is None:
        yield "# unit: customer_id    # the column that was randomised: finds repeated units"
    else:
        yield f"unit: {_text(wish.unit)}"
    yield ""
    yield "data:"
    yield f"  units: {_text(data)}"
    if wish.arm != "arm":
        yield f"  columns: {{arm: {_text(wish.arm)}}}"
    yield ""
    yield "arms:                  # no `weight`: equal shares are assumed, and check srm says so"
    yield from _arms(arms)
    yield ""
    yield "metrics:               # the primary one decides; `better: lower` where less is better"
    yield from _metrics(wish)
    if wish.covariates:
        yield "# known before the arms were drawn: they make intervals narrower"
        yield f"covariates: [{', '.join(_text(column) for column in wish.covariates)}]"


def _arms(arms: tuple[str, ...]) -> Iterator[str]:
    names = names_of(arms)
    for place, arm in enumerate(arms):
        said = [] if names[arm] == arm else [f"value: {_text(arm)}"]
        said += ["control: true"] if place == 0 else []
        yield f"  {_text(names[arm])}: {{{', '.join(said)}}}"


def _metrics(wish: Wish) -> Iterator[str]:
    columns = (*wish.proportions, *wish.means, *wish.parts)
    names = names_of(columns)
    lines = [
        (names[column], f"kind: {kind}, column: {_text(column)}")
        for kind, of in (("proportion", wish.proportions), ("mean", (*wish.means, *wish.parts)))
        for column in of
    ]
    taken = set(names.values())
    for ratio in wish.ratios:
        over, under = names[ratio.numerator], names[ratio.denominator]
        name = untaken(f"{over}_per_{under}", taken)
        taken.add(name)
        lines.append((name, f"kind: ratio, numerator: {_text(over)}, denominator: {_text(under)}"))
    decides = 0 if wish.proportions or wish.means else len(columns)  # parts of a ratio never do
    for place, (name, what) in enumerate(lines):
        role = ", role: primary" if place == decides else ""
        yield f"  {_text(name)}: {{{what}{role}}}"


def _text(value: str) -> str:
    """A word of YAML; in quotes where it could be read as anything else."""
    if _SIMPLE.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
