"""What a result says of where the rules of stages fire. Computes nothing."""

from pydantic import Field

from pathlift.result.values import CausalStatus, Value


class Firing(Value):
    """One rule of a stage in one arm, on one surface."""

    arm: str = Field(description="Name of the arm, as drawn.")
    surface: str | None = Field(
        description="Where the event rows lie; null where no `surface` is declared."
    )
    units: int = Field(description="Analysed units of the arm.")
    fired: int = Field(description="Of them, those for whom the rule held there in the window.")
    share: float | None = Field(description="Of units that fired; null without units.")


class RuleFiring(Value):
    """Where one rule of a stage fires."""

    rule: int = Field(description="Position among the rules of the stage, from 1.")
    text: str = Field(description="The rule in words.")
    surfaces: tuple[str, ...] | None = Field(
        description="Surfaces on which it fires, strays aside; null where none is declared."
    )
    silent_in: tuple[str, ...] = Field(
        description="Arms in which it held for nobody, where the other arms make many expected."
    )
    neutral: bool | None = Field(
        description="Whether it fires in every arm and wherever the stage is seen at all, so that "
        "no surface decides whether the stage is seen; null where no `surface` is declared."
    )
    firings: tuple[Firing, ...] = Field(description="One row per arm and surface.")


class StageRules(Value):
    """Where the rules of a stage fire."""

    stage: str = Field(description="need, touchpoint or trust.")
    surfaces: tuple[str, ...] | None = Field(
        description="Surfaces on which any of its rules fires; null where none is declared."
    )
    single_surface: bool | None = Field(
        description="Whether no rule is neutral, so that the stage hangs on single surfaces; null "
        "where that cannot be told."
    )
    silent_in: tuple[str, ...] = Field(description="Arms in which all of its rules are silent.")
    rules: tuple[RuleFiring, ...] = Field(description="In the order of the definition.")
    causal_status: CausalStatus = Field(default="descriptive", description="Always: counts.")
