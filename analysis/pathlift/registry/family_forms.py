"""What a file may say of families of metrics. Settles nothing; `families` does."""

from typing import Annotated, Literal

from pydantic import Discriminator

from pathlift.registry.fields import Part, Text


class DisplacementPart(Part):
    """Value of one scope and of all scopes: what an arm takes from elsewhere."""

    kind: Literal["displacement"]
    """displacement: how much of the effect on a scope is taken from all else."""
    scope: Text
    """Metric of the scope that an arm works on, such as revenue of one category."""
    total: Text
    """The same metric over all scopes and surfaces."""


class AttributionPart(Part):
    """Attributed and total value: how much of what an arm is credited with is new."""

    kind: Literal["attribution"]
    """attribution: how much of the value credited to an arm is new."""
    attributed: Text
    """Metric that counts by touch events, marked `attributed: true`."""
    total: Text
    """The same metric whatever touched the unit."""


class PullForwardPart(Part):
    """A window and a longer one: what an arm only brings forward in time."""

    kind: Literal["pull_forward"]
    """pull_forward: how much of the effect within the first window is missing after it."""
    first: Text
    """Metric within the first window."""
    both: Text
    """The same metric in a longer window, such as twice the first."""


class ConcentrationPart(Part):
    """A metric by who got it: whether few creators, sellers or videos get most of it."""

    kind: Literal["concentration"]
    """concentration: how a sum or count is spread over the values of a column. Describes."""
    metric: Text
    """Metric that is added up, a sum or count of event rows."""
    by: Text
    """Event column that says who got it, such as creator_id."""


FamilyForm = Annotated[
    DisplacementPart | AttributionPart | PullForwardPart | ConcentrationPart, Discriminator("kind")
]
