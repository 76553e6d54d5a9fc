"""Where does an experiment want its rows added up? A value; opens nothing."""

from dataclasses import dataclass
from typing import Final, Literal

from pathlift.errors import Place

EngineKind = Literal["duckdb", "spark"]
REMOTE_VARIABLE: Final = "SPARK_REMOTE"
"""Environment variable with the address of a server, the one that Spark's own tools read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChoice:
    """What aggregates the data.

    Attributes
    ----------
    kind : {'duckdb', 'spark'}
    remote : str or None
        Address of a Spark Connect server; None: ``SPARK_REMOTE`` says it. Holds no secret.
    at : Place or None
        Where the definition says so.
    """

    kind: EngineKind = "duckdb"
    remote: str | None = None
    at: Place | None = None
