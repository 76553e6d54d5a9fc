"""The fast road: event rows streamed as numbers, and kept per unit in arrays.

Answers for a whole log at once what `event_log`, `journeys` and `accumulated` answer in SQL, with
one scan of the files; everything after it is the same SQL on either road. Stays on the SQL road:
sums of floats without a declared step, whose last digit hangs on the order of rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from pathlift.outcomes.bitmask import Bit, Span
from pathlift.outcomes.composing import (
    DIALECT,
    aliased,
    bits,
    call,
    case,
    compose,
    name,
    parse,
    value,
)
from pathlift.outcomes.journeys import Accumulation, JourneyPlan

_WORD = 31  # conditions in a word of 32 bits that stays clear of its sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A condition of the log, and what hangs on it.

    Attributes
    ----------
    test : Expr
        Over an event row.
    word, mask : int
        Its bit in the stream.
    asked : tuple of (Span, Bit)
        Distances at which it counts, and the bit of the plan that says so.
    """

    test: exp.Expr
    word: int
    mask: int
    asked: tuple[tuple[Span, Bit], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """What is streamed of every event row.

    Attributes
    ----------
    plan : JourneyPlan
    questions : tuple of Question
        Every condition of the plan once.
    conditions : tuple of int
        For each of the plan's conditions, which question it is.
    accumulations : tuple of Accumulation
        Running sums that are whole numbers; the others stay with SQL.
    identified : bool
        Whether events have an id, by which copies are known.
    key : Expr
        The id of an event as a hash, 0 for NULL; with the unit where ids alone repeat too often.
    """

    plan: JourneyPlan
    questions: tuple[Question, ...]
    conditions: tuple[int, ...]
    accumulations: tuple[Accumulation, ...]
    identified: bool
    key: exp.Expr

    @property
    def words(self) -> int:
        """Words of bits per row."""
        return max(1, -(-len(self.questions) // _WORD))

    @property
    def asked(self) -> tuple[str, ...]:
        """Columns of the stream that say what a row is about: all but its unit and its id."""
        along = [
            f"p{place}"
            for place, each in enumerate(self.accumulations)
            if not isinstance(each.per, exp.Null)
        ]
        return (
            "d",
            *(f"c{word}" for word in range(self.words)),
            *self.plan.summands,
            *(f"a{place}" for place in range(len(self.accumulations))),
            *along,
        )

    def keys(self, events: exp.Expr, watermark: int, part: int, parts: int) -> exp.Expr:
        """The statement that streams the keys of events alone.

        Parameters
        ----------
        events : Expr
            Relation.
        watermark : int
            Instant from which on rows are not read.
        part, parts : int
            Equal keys lie in the same of so many parts.

        Returns
        -------
        Expr
        """
        return compose(
            "event_keys",
            {"events": events},
            watermark=watermark,
            key=self.key,
            part=part,
            parts=parts,
        )

    @property
    def distances(self) -> frozenset[str]:
        """Columns of units that are NULL where something did not happen."""
        reaches = max((len(each.reaches) for each in self.accumulations), default=0)
        return frozenset(
            [
                *(alias for alias, each in self.plan.measures.items() if each.kind == "first"),
                *(f"{column}{place}" for place in range(reaches) for column in ("crossed", "held")),
            ]
        )

    @property
    def bytes_per_unit(self) -> int:
        """Memory that a unit takes in arrays, about."""
        return 8 * (2 + len(self.plan.measures) + len(self.plan.bitmask.words))

    def query(self, events: exp.Expr, watermark: int, units: range, *, all_rows: bool) -> exp.Expr:
        """The statement to stream.

        Parameters
        ----------
        events : Expr
            Relation.
        watermark : int
            Instant from which on rows are not read.
        units : range
            Numbers of the units to be told.
        all_rows : bool
            Whether rows of others are told too, to be counted.

        Returns
        -------
        Expr
        """
        marks = [
            aliased(
                exp.cast(
                    bits(
                        [
                            case([(question.test, value(question.mask))], value(0))
                            for question in self.questions
                            if question.word == word
                        ]
                    ),
                    "integer",
                ),
                f"c{word}",
            )
            for word in range(self.words)
        ]
        summands = [
            aliased(exp.cast(parse("coalesce($v, 0)", v=number), "bigint"), alias)
            for alias, number in self.plan.summands.items()
        ]
        weights = [
            part for place, each in enumerate(self.accumulations) for part in _weights(each, place)
        ]
        key = [aliased(self.key, "k")] if self.identified else []
        carried = [*marks, *summands, *weights, *key]
        statement = compose(
            "journey_rows",
            {"events": events},
            watermark=watermark,
            marks=marks,
            summands=summands,
            weights=weights,
            key=key,
            carried=[name(column.alias, "marked") for column in carried],
            slice=slice_of(units),
            first=units.start,
        )
        if not all_rows:
            statement.args["joins"][0].set("side", None)
        return statement


def slice_of(units: range) -> exp.Expr:
    """Which rows of ``exposed`` are units of a slice.

    Parameters
    ----------
    units : range
        Their numbers.

    Returns
    -------
    Expr
    """
    return parse(
        "exposed.i >= $start and exposed.i < $stop",
        start=value(units.start),
        stop=value(units.stop),
    )


def streamed(plan: JourneyPlan, *, identified: bool) -> Streamed | None:
    """What to stream for a plan; None where the SQL road has to answer.

    Parameters
    ----------
    plan : JourneyPlan
    identified : bool
        Whether events have an id.

    Returns
    -------
    Streamed or None
    """
    if not all(measure.exact for measure in plan.measures.values()):
        return None
    tests: dict[str, exp.Expr] = {}
    spans: dict[str, list[tuple[Span, Bit]]] = {}
    for test, span, bit in plan.bitmask.questions():
        text = test.sql("duckdb")
        tests.setdefault(text, test)
        spans.setdefault(text, []).append((span, bit))
    for condition in plan.conditions:
        tests.setdefault(condition.test.sql("duckdb"), condition.test)
    places = {text: place for place, text in enumerate(tests)}
    return Streamed(
        plan=plan,
        questions=tuple(
            Question(
                test=test,
                word=place // _WORD,
                mask=1 << place % _WORD,
                asked=tuple(spans.get(text, ())),
            )
            for place, (text, test) in enumerate(tests.items())
        ),
        conditions=tuple(places[each.test.sql("duckdb")] for each in plan.conditions),
        accumulations=tuple(each for each in plan.accumulations if each.whole),
        identified=identified,
        key=_key("events.event_id"),
    )


def _weights(accumulation: Accumulation, place: int) -> Sequence[exp.Expr]:
    """What a row adds, and along what: two groups of one unit share a hash once in 1e19."""
    adds = parse("$v > 0", v=accumulation.summand)
    made: list[exp.Expr] = [
        aliased(exp.cast(case([(adds, accumulation.summand)], value(0)), "bigint"), f"a{place}"),
    ]
    if not isinstance(accumulation.per, exp.Null):
        along = case([(adds, call("hash", accumulation.per))], value(0))
        made.append(aliased(exp.cast(along, "ubigint", dialect=DIALECT), f"p{place}"))
    return made


def by_unit(streamed: Streamed) -> Streamed:
    """The same with a key that holds the unit too: slower to make, right for ids such as 1, 2, 3.

    Parameters
    ----------
    streamed : Streamed

    Returns
    -------
    Streamed
    """
    return replace(streamed, key=_key("events.event_id, events.unit"))


def _key(columns: str) -> exp.Expr:
    known = parse("events.event_id is not null")
    return exp.cast(
        case([(known, parse(f"hash({columns})"))], value(0)), "ubigint", dialect=DIALECT
    )
