"""Which conditions an event row meets, as bits that count at some distances from exposure only.

A condition is evaluated once per row, however many stages and metrics ask for it; what distance
each of them allows is decided by one comparison of the distance. Knows no experiment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from pathlift.outcomes.composing import aliased, bits, case, name, parse, value

_WORD = 62  # bits in a BIGINT that stay clear of its sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Distances from first exposure, half-open, in microseconds.

    Attributes
    ----------
    low : int
    high : int or None
        None: without end.
    """

    low: int
    high: int | None = None

    def holds(self, distance: int) -> bool:
        """Whether a distance lies in the span.

        Parameters
        ----------
        distance : int
            Microseconds after first exposure.

        Returns
        -------
        bool
        """
        return self.low <= distance and (self.high is None or distance < self.high)

    def around(self, distance: exp.Expr) -> exp.Expr:
        """Whether a distance lies in the span, over a row.

        Parameters
        ----------
        distance : Expr
            Microseconds after first exposure, over a row.

        Returns
        -------
        Expr
        """
        low = parse("$d >= $low", d=distance, low=value(self.low))
        if self.high is None:
            return low
        return exp.and_(low, parse("$d < $high", d=distance, high=value(self.high)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bit:
    """One question to an event row: does a condition hold, within a span."""

    word: int
    mask: int

    def among(self, column: str) -> exp.Expr:
        """Whether the bit is set in word columns whose names start with `column`.

        Parameters
        ----------
        column : str
            Name; words are numbered from 0.

        Returns
        -------
        Expr
        """
        return held([self], column)


def held(asked: Sequence[Bit], column: str) -> exp.Expr:
    """Whether any of some bits is set in word columns whose names start with `column`.

    Parameters
    ----------
    asked : sequence of Bit
        At least one.
    column : str
        Name; words are numbered from 0.

    Returns
    -------
    Expr
    """
    words: dict[int, int] = {}
    for bit in asked:
        words[bit.word] = words.get(bit.word, 0) | bit.mask
    tests = [
        parse("($w & $m) <> 0", w=name(f"{column}{word}"), m=value(mask))
        for word, mask in words.items()
    ]
    whole = tests[0]
    for test in tests[1:]:
        whole = exp.or_(whole, test)
    return whole


class Bitmask:
    """Bits in the order in which they were asked for."""

    def __init__(self) -> None:
        self._conditions: dict[str, exp.Expr] = {}
        self._asked: dict[tuple[str, Span], Bit] = {}

    def ask(self, condition: exp.Expr, span: Span) -> Bit:
        """The bit of a condition within a span; the same bit when asked again.

        Parameters
        ----------
        condition : Expr
            Over a row.
        span : Span
            Distances at which the condition counts.

        Returns
        -------
        Bit
        """
        text = condition.sql("duckdb")
        self._conditions.setdefault(text, condition)
        word, place = divmod(len(self._asked), _WORD)
        return self._asked.setdefault((text, span), Bit(word=word, mask=1 << place))

    def questions(self) -> Iterator[tuple[exp.Expr, Span, Bit]]:
        """Every condition with every span in which it was asked for, and its bit."""
        for (text, span), bit in self._asked.items():
            yield self._conditions[text], span, bit

    @property
    def words(self) -> range:
        """Numbers of the words in use; at least one."""
        return range(max(1, -(-len(self._asked) // _WORD)))

    def columns(self, prefix: str) -> list[exp.Expr]:
        """Names of the word columns.

        Parameters
        ----------
        prefix : str
            Of the names of word columns.

        Returns
        -------
        list of Expr
        """
        return [name(f"{prefix}{word}") for word in self.words]

    def marks(self, prefix: str) -> list[exp.Expr]:
        """Word columns over a row of the log: every condition once.

        Parameters
        ----------
        prefix : str
            Of the names of word columns.

        Returns
        -------
        list of Expr
        """
        return [aliased(self._marks(word), f"{prefix}{word}") for word in self.words]

    def counted(self, distance: exp.Expr, prefix: str) -> list[exp.Expr]:
        """Word columns in which only bits that count at the row's distance are left.

        Parameters
        ----------
        distance : Expr
            Microseconds after first exposure, over a row.
        prefix : str
            Of the names of word columns.

        Returns
        -------
        list of Expr
        """
        return [
            aliased(
                parse("$w & $m", w=name(f"{prefix}{word}"), m=self._allowed(word, distance)),
                f"{prefix}{word}",
            )
            for word in self.words
        ]

    def _marks(self, word: int) -> exp.Expr:
        masks: dict[str, int] = {}
        for (text, _), bit in self._asked.items():
            if bit.word == word:
                masks[text] = masks.get(text, 0) | bit.mask
        return bits(
            [
                case([(self._conditions[text], value(mask))], value(0))
                for text, mask in masks.items()
            ]
        )

    def _allowed(self, word: int, distance: exp.Expr) -> exp.Expr:
        """Mask by distance: constant between neighbouring bounds of spans."""
        spans = [(span, bit.mask) for (_, span), bit in self._asked.items() if bit.word == word]
        bounds = sorted(
            {bound for span, _ in spans for bound in (span.low, span.high) if bound is not None}
        )

        def mask_at(place: int) -> int:
            return sum(mask for span, mask in spans if span.holds(place))

        branches = [
            (
                exp.LT(this=distance.copy(), expression=value(bound)),
                value(mask_at(bounds[index - 1]) if index else 0),
            )
            for index, bound in enumerate(bounds)
        ]
        return case(branches, value(mask_at(bounds[-1]) if bounds else 0))
