"""What does somebody want to know of a table with one row per unit? Knows no data."""

from collections.abc import Iterator
from dataclasses import dataclass

from pathlift.errors import DefinitionError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One sum over another, both over the units of an arm.

    Attributes
    ----------
    numerator, denominator : str
        Columns.
    """

    numerator: str
    denominator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which columns are compared between which arms.

    Attributes
    ----------
    arm : str
        Column that tells the arm.
    control : str or None
        How the control is written in it; None where it was not said.
    proportions, means : tuple of str
        Columns of 0 and 1, and of numbers.
    ratios : tuple of Ratio
    covariates : tuple of str
        Columns known before the arms were drawn.
    unit : str or None
        Column that was randomised; None: nobody can look for repeated units.
    """

    arm: str
    control: str | None = None
    proportions: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    covariates: tuple[str, ...] = ()
    unit: str | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """Columns that only ratios read: means in their own right as well."""
        named = (column for ratio in self.ratios for column in (ratio.numerator, ratio.denominator))
        return tuple(dict.fromkeys(c for c in named if c not in (*self.proportions, *self.means)))


def ratio_of(text: str) -> Ratio:
    """Read a ratio as it is typed.

    Parameters
    ----------
    text : str
        Two columns and a slash.

    Returns
    -------
    Ratio

    Raises
    ------
    DefinitionError
        If it is anything else.

    Examples
    --------
    >>> ratio_of("revenue/orders")
    Ratio(numerator='revenue', denominator='orders')
    """
    parts = [part.strip() for part in text.split("/")]
    if len(parts) != 2 or not all(parts) or parts[0] == parts[1]:
        problem = f"{text!r} is no ratio of two columns"
        raise DefinitionError([Problem(message=problem, hint="write it as revenue/orders")])
    return Ratio(numerator=parts[0], denominator=parts[1])


def check_wish(wish: Wish) -> None:
    """Refuse what can mean nothing, whatever the table holds.

    Parameters
    ----------
    wish : Wish

    Raises
    ------
    DefinitionError
        With every reason.
    """
    problems = tuple(_problems(wish))
    if problems:
        raise DefinitionError(problems)


def _problems(wish: Wish) -> Iterator[Problem]:
    if not (wish.proportions or wish.means or wish.ratios):
        yield Problem(
            message="nothing to compare",
            hint="name a proportion (0 or 1 per unit), a mean, or a ratio such as revenue/orders",
        )
    uses: dict[str, list[str]] = {}
    for use, columns in (
        ("arm", (wish.arm,)),
        ("unit", () if wish.unit is None else (wish.unit,)),
        ("proportion", wish.proportions),
        ("mean", wish.means),
        ("covariate", wish.covariates),
    ):
        for column in columns:
            uses.setdefault(column, []).append(use)
    for column in wish.parts:
        if column in uses:
            uses[column].append("ratio")
    for column, named in uses.items():
        if len(named) > 1:
            yield Problem(message=f"column {column!r} is named as {' and as '.join(named)}")
    twice = sorted({one for one in wish.ratios if wish.ratios.count(one) > 1}, key=str)
    for ratio in twice:
        yield Problem(message=f"ratio {ratio.numerator}/{ratio.denominator} is named twice")
