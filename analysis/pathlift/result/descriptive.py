"""What was seen of conversion given the ordering, as frozen values: no effect of anything.

Fields of `Orderings`. Computes nothing.
"""

from collections.abc import Mapping

from pydantic import Field

from pathlift.result.values import CausalStatus, Span, Value


class Eligible(Value):
    """How many units of one arm the association is about."""

    arm: str = Field(description="Name of the arm.")
    units: int = Field(description="Mature units.")
    complete: int = Field(description="Of them, those with a strict ordering of all stages.")
    eligible: int = Field(
        description="Of these, those who completed it by a landmark before their window ends."
    )
    converted: int = Field(
        description="Of these, those who converted within a landmark of completing it."
    )
    share_of_units: float | None = Field(description="eligible / units; null without units.")
    share_of_complete: float | None = Field(description="eligible / complete; null without any.")


class Landmark(Value):
    """Whom the association is about, and how it was made comparable."""

    length: str = Field(description="How long conversion is waited for after the last stage.")
    latest: str = Field(description="How long after exposure an ordering has to be complete.")
    arms: tuple[Eligible, ...] = Field(description="Analysed arms in file order.")
    strata: tuple[str, ...] = Field(description="What units of one stratum have in common.")
    cells: int = Field(description="Strata with anybody in them.")
    reference: str | None = Field(
        description="Ordering that the others are held against: the control's intended one, else "
        "the most frequent."
    )
    fewest: int = Field(description="Units from which a stratum has a rate of its own.")
    causal_status: CausalStatus = Field(description="descriptive or invalid.")


class AssociationRow(Value):
    """Conversion given one complete ordering, with the same time for everybody; no effect."""

    ordering: str = Field(description="Such as touchpoint>need>trust.")
    units: int = Field(description="Eligible units of all arms.")
    converted: int = Field(description="Of them, those who converted within a landmark.")
    crude: float | None = Field(description="converted / units; null without units.")
    collapsed: float | None = Field(
        description="Weight of the strata whose rate is that of a coarser one."
    )
    rate: Span | None = Field(description="Standardised over the strata, with its interval.")
    standard_error: float | None = Field(description="Of the standardised rate.")
    reference: bool = Field(description="Whether the others are held against it.")
    absolute: Span | None = Field(description="Its rate minus that of the reference.")
    absolute_standard_error: float | None = Field(description="Of that difference.")
    ratio: Span | None = Field(description="Its rate over that of the reference.")
    p_value: float | None = Field(
        description="Of the association with the ordering: the difference against 0, two-sided."
    )
    p_adjusted: float | None = Field(
        default=None,
        description="Times the number of orderings held against the reference (Bonferroni).",
    )
    e_value: float | None = Field(
        description="How strongly an unmeasured trait must be tied to both ordering and conversion "
        "to explain the ratio away."
    )
    e_value_of_interval: float | None = Field(
        description="The same for the end of the interval nearer to 1; 1 where it holds 1."
    )
    method: str = Field(description="How the intervals were made, in words.")
    causal_status: CausalStatus = Field(description="descriptive or invalid.")
    assumptions: tuple[str, ...] = Field(
        description="What would all have to hold for it to be more than an association."
    )
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where it could not be standardised."
    )


class NaiveRate(Value):
    """Units that showed an ordering and converted at any time: who had time left to, above all."""

    ordering: str = Field(description="A complete ordering.")
    arm: str | None = Field(description="Name of the arm; null for all arms together.")
    units: int = Field(description="Mature units that showed it.")
    converted: int = Field(description="Of them, those that converted.")
    rate: float | None = Field(description="converted / units; null without units.")


class Naive(Value):
    """Conversion by observed ordering as it comes, and how far that is from like with like."""

    rates: tuple[NaiveRate, ...] = Field(description="One row per ordering, and per arm of it.")
    highest: str | None = Field(description="Ordering of the highest rate over all arms.")
    lowest: str | None = Field(description="Ordering of the lowest.")
    ratio: float | None = Field(description="Highest over lowest, as they come.")
    landmark_ratio: float | None = Field(
        description="The same two orderings, each unit with the same time to convert."
    )
    standardised_ratio: float | None = Field(
        description="The same two, standardised over the strata as well."
    )
    standardised_spread: float | None = Field(
        description="Highest over lowest of the standardised rates, whichever orderings they are."
    )
    arm: str | None = Field(description="Arm in which the naive rates lie furthest apart.")
    arm_highest: str | None = Field(description="Ordering of the highest rate in it.")
    arm_lowest: str | None = Field(description="Ordering of the lowest.")
    arm_ratio: float | None = Field(description="Highest over lowest in it.")
    arm_standardised_ratio: float | None = Field(
        description="The same two orderings, standardised over the strata of all arms."
    )
    sentence: str = Field(description="What that means, in words.")
    causal_status: CausalStatus = Field(description="descriptive or invalid.")


class DecompositionRow(Value):
    """What of a difference in conversion goes with shares of an ordering, what with rates given it.

    Accounting, not mediation.
    """

    arm: str = Field(description="The arm compared.")
    control: str = Field(description="What it is compared with.")
    ordering: str | None = Field(description="Such as touchpoint>need>trust, other, or null: all.")
    arm_share: float | None = Field(description="Share of the arm's units that showed it.")
    control_share: float | None = Field(description="The same of the control.")
    arm_rate: float | None = Field(description="Of them, the share that converted; null: nobody.")
    control_rate: float | None = Field(description="The same of the control.")
    mix: Span | None = Field(description="What goes with shares; null where not estimated.")
    mix_standard_error: float | None = Field(description="Of it.")
    rate: Span | None = Field(description="What goes with rates.")
    rate_standard_error: float | None = Field(description="Of it.")
    total: float | None = Field(description="mix + rate; in all, the unadjusted difference.")
    borrowed: tuple[str, ...] = Field(
        default=(), description="Arms in which nobody shows a label of it: they borrow its rate."
    )
    flags: tuple[str, ...] = Field(
        default=(), description="few_counts: fewer than 10 units of an arm took it."
    )
    method: str = Field(description="How the intervals were made, in words.")
    causal_status: CausalStatus = Field(description="descriptive or invalid.")
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where the parts have no interval."
    )


class FunnelStep(Value):
    """One step along an arm's intended ordering, and where else its units went.

    ``units`` is the sum of ``reached``, ``other``, ``tied``, ``converted``, ``waiting`` and
    ``unknown``.
    """

    arm: str = Field(description="Name of the arm.")
    step: int = Field(description="From 1.")
    after: str = Field(description="Ordering so far; empty at the first step.")
    stage: str = Field(description="The next intended stage, or conversion.")
    units: int = Field(description="Mature units that came this far.")
    reached: int = Field(description="Of them, those that took this step next.")
    other: int = Field(description="Those that met another stage next.")
    tied: int = Field(description="Those that met two stages at once next.")
    converted: int = Field(description="Those that converted instead; 0 at the last step.")
    waiting: int = Field(description="Those that did neither by the end of their window.")
    unknown: int = Field(description="Those whose ordering is unknown; at the first step only.")
    share: Span | None = Field(description="reached / units with its interval.")
    cumulative: float | None = Field(
        description="Share of all mature units still on the way; at the end, the incidence."
    )
    method: str = Field(description="How the interval was made, in words.")
    causal_status: CausalStatus = Field(
        description="causal at the first step, whose units are all of the arm; else descriptive."
    )
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where nobody came this far."
    )
