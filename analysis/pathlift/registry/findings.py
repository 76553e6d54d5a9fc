"""What is wrong with this file? Collects problems with their places; decides nothing.

Reading goes on after a problem, so that one run tells all. A part that was already refused is
"touched": what is missing there is a consequence, and is not reported a second time.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pathlift.errors import Place, Problem
from pathlift.registry.experiment import Expression
from pathlift.registry.written import Loc, Written

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(slots=True)
class Findings:
    """The problems of one file, as they are found.

    Attributes
    ----------
    written : Written
        The file.
    touched : set of Loc
        Parts that were refused before.
    problems : list of Problem
    """

    written: Written
    touched: set[Loc] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def add(self, message: str, *loc: str | int, hint: str = "") -> None:
        """Report a problem with the value at `loc`.

        Parameters
        ----------
        message : str
            What is wrong, without its place.
        *loc : str or int
            Keys and list positions from the root of the file, positions from 0.
        hint : str, default ''
            What to write instead.
        """
        self.problems.append(Problem(message=message, at=self.written.at(*loc), hint=hint))

    def add_at_key(self, message: str, *loc: str | int, hint: str = "") -> None:
        """Report a problem with the key at `loc`: with the thing as a whole.

        Parameters
        ----------
        message : str
            What is wrong, without its place.
        *loc : str or int
            Keys and list positions from the root; the value's own place serves where it has no key.
        hint : str, default ''
            What to write instead.
        """
        self.problems.append(Problem(message=message, at=self.written.key_at(*loc), hint=hint))

    def missing(self, message: str, *loc: str | int, hint: str = "") -> None:
        """Report that `loc` is missing, unless it was there and refused.

        Parameters
        ----------
        message : str
            What is wrong, without its place.
        *loc : str or int
            Where it should have stood; the problem points at the key of what would hold it.
        hint : str, default ''
            What to write instead.
        """
        if self.intact(*loc):
            self.add_at_key(message, *loc[:-1], hint=hint)

    def intact(self, *loc: str | int) -> bool:
        """Whether nothing at or below `loc` was refused before.

        Parameters
        ----------
        *loc : str or int
            Keys and list positions from the root of the file, positions from 0.

        Returns
        -------
        bool
            True also where the file has nothing there.
        """
        return not any(touched[: len(loc)] == loc for touched in self.touched)

    def place(self, *loc: str | int) -> Place:
        """Return the place of the value at `loc`.

        Parameters
        ----------
        *loc : str or int
            Keys and list positions from the root of the file, positions from 0.

        Returns
        -------
        Place
            Of the deepest part that the file has.
        """
        return self.written.at(*loc)

    def condition(self, text: str, *loc: str | int) -> Expression:
        """Read an expression that is true or false of a row; problems are reported.

        Parameters
        ----------
        text : str
            DuckDB dialect.
        *loc : str or int
            Where it stands.

        Returns
        -------
        Expression
            With its place, also where it was refused: reading goes on.
        """
        expression = self._parsed(text, loc)
        if expression is not None:
            from pathlift.registry.expressions import columns_of, may_be_condition

            if not may_be_condition(expression):
                self.add(
                    "a condition is true or false; this is a value",
                    *loc,
                    hint="compare it: event = 'purchase'",
                )
            elif not columns_of(expression):
                self.add("this condition names no column, so it is the same for every row", *loc)
        return Expression(text=text.strip(), at=self.place(*loc))

    def number(self, text: str, *loc: str | int, added_up: bool = False) -> Expression:
        """Read an expression that is a value of a row; problems are reported.

        Parameters
        ----------
        text : str
            DuckDB dialect. Whether it gives a number is found out with the data.
        *loc : str or int
            Where it stands.
        added_up : bool, default False
            Whether a text can be no value here.

        Returns
        -------
        Expression
            With its place, also where it was refused: reading goes on.
        """
        expression = self._parsed(text, loc)
        if expression is not None:
            from pathlift.registry.expressions import columns_of, text_instead

            if not columns_of(expression):
                self.add("this names no column, so it is the same for every row", *loc)
            elif added_up and (instead := text_instead(text)):
                self.add(f"`{text.strip()}` is text, and is to be added up", *loc, hint=instead)
        return Expression(text=text.strip(), at=self.place(*loc))

    def columns(self, text: str) -> tuple[str, ...]:
        """Name the columns of an expression.

        Parameters
        ----------
        text : str
            DuckDB dialect.

        Returns
        -------
        tuple of str
            Empty where it cannot be read; that is reported where the expression itself is read.
        """
        from pathlift.registry.expressions import ExpressionError, columns_of, parse

        try:
            return columns_of(parse(text))
        except ExpressionError:
            return ()  # reported where the expression itself is read

    def _parsed(self, text: str, loc: Loc) -> "exp.Expression | None":
        # Imported here: sqlglot takes longer to import than everything else together.
        from pathlift.registry.expressions import ExpressionError, parse

        try:
            return parse(text)
        except ExpressionError as refusal:
            at = self.written.inside(refusal.part, *loc)
            self.problems.append(Problem(message=refusal.message, at=at, hint=refusal.hint))
            return None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the closest of the known names, else list them.

    Parameters
    ----------
    name : str
        As written.
    known : iterable of str
        Names that would have been accepted.

    Returns
    -------
    str
        A hint; empty when nothing is known.

    Examples
    --------
    >>> did_you_mean("contol", ["control", "weight"])
    'did you mean `control`?'
    >>> did_you_mean("colour", ["control", "weight"])
    'known here: control, weight'
    """
    names = list(dict.fromkeys(known))
    close = closest(name, names)
    if close is not None:
        return f"did you mean `{close}`?"
    if not names:
        return ""
    rest = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"known here: {', '.join(names[:20])}{rest}"


def closest(name: str, known: Collection[str]) -> str | None:
    """Return the known name that a person probably meant, or None.

    Parameters
    ----------
    name : str
    known : collection of str

    Returns
    -------
    str or None

    Examples
    --------
    >>> closest("Weigth", ["control", "weight"])
    'weight'
    >>> closest("smr", ["ties", "srm"])  # the same letters: too short to be alike otherwise
    'srm'
    """
    by_lower = {other.lower(): other for other in known}
    same = [other for other in by_lower if sorted(other) == sorted(name.lower())]
    found = same or get_close_matches(name.lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[found[0]] if found else None
