"""The columns of the table of unit facts: one row per analysed unit, whatever the data's shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from pathlift.errors import Place
from pathlift.outcomes.bitmask import Bit, Span
from pathlift.outcomes.calendar import Days
from pathlift.outcomes.following import Follow
from pathlift.registry.experiment import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number that every unit has.

    Attributes
    ----------
    name : str
        Of the metric or covariate.
    column : str
        Of the table of facts: BIGINT steps where `exact`, else DOUBLE.
    value : Expr
        What the column holds, over the query that feeds the table.
    exact : bool
    unit : float
        value = stored * unit.
    nullable : bool
        NULL stands for a value that is missing, in metrics with ``null: exclude`` and covariates.
    """

    name: str
    column: str
    value: exp.Expr
    exact: bool = True
    unit: float = 1.0
    nullable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Event rows that would make a number wrong, as a bit that no unit may have.

    Attributes
    ----------
    bit : Bit
    condition : Expr
        The rows, over the event log.
    span : Span
        Where they would count.
    message : str
        Ends a sentence that starts with the number of rows.
    at : Place or None
    hint : str
    """

    bit: Bit
    condition: exp.Expr
    span: Span
    message: str
    at: Place | None
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Values of a unit's first row that cannot be counted with.

    Attributes
    ----------
    wrong : Expr
        Over the table ``exposed``.
    message : str
        Follows the number of units.
    at : Place or None
    hint : str
    """

    wrong: exp.Expr
    message: str
    at: Place | None
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """Whether a rule of a stage fired for a unit within the window, over the table of facts."""

    stage: Stage
    rule: int
    test: exp.Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTable:
    """What stands in the table ``facts``.

    Attributes
    ----------
    arms : tuple of str
        By the number in column ``arm``.
    stages : tuple of Stage
        Declared; empty: no labels.
    lengths : tuple of int
        Of maturity, microseconds, ascending.
    days : Days or None
        By the number in column ``day``; None where the data have no times.
    metrics, covariates : tuple of Number
    segments, strata : tuple of str
        Names; their columns are ``segment0``, ... and ``stratum0``, ...
    levels : mapping of str to int
        How many levels segments and strata have, by column.
    fired : tuple of Fired
    presets : tuple of str
        Other rules for the stages; their labels are ``label_p0``, ...
    clustered : tuple of str
        Analysed arms whose units have a ``cluster``; without any there is no such column.
    held : tuple of Stage
        Stages that are looked for before exposure: those that ``baseline`` can have.
    follow : Follow or None
        Set where there is ``purchase_bin``; while windows are open, ``followed`` and, with stages,
        ``completion_bin`` too.
    """

    arms: tuple[str, ...]
    stages: tuple[Stage, ...]
    lengths: tuple[int, ...]
    days: Days | None
    metrics: tuple[Number, ...]
    covariates: tuple[Number, ...]
    segments: tuple[str, ...]
    strata: tuple[str, ...]
    levels: Mapping[str, int] = field(default_factory=dict)
    fired: tuple[Fired, ...] = ()
    presets: tuple[str, ...] = ()
    clustered: tuple[str, ...] = ()
    held: tuple[Stage, ...] = ()
    follow: Follow | None = None
