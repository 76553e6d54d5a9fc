"""Which metrics a result is about, and how long each has to wait. Frozen values."""

from collections.abc import Mapping

from pydantic import Field

from pathlift.result.values import Value


class MetricPart(Value):
    """One metric as declared, and the units that are mature for it."""

    name: str = Field(description="Of the metric.")
    kind: str = Field(description="proportion, mean, ratio or quantile.")
    role: str = Field(description="primary, secondary or guardrail.")
    better: str = Field(description="higher or lower.")
    window: str | None = Field(description="After first exposure; null where none ends.")
    lag: str | None = Field(description="Waited beyond the window; null where none is.")
    attributed: bool = Field(
        description="Whether which events it counts hangs on the arm: then it is descriptive."
    )
    units: Mapping[str, int] = Field(description="Units that enter it, by arm.")
