"""How a definition sets the thresholds of checks. Made from the one table of them."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, WithJsonSchema, create_model

from pathlift.registry.fields import Above0, Fraction, Part
from pathlift.registry.thresholds import THRESHOLDS, Threshold

# As a share between 0 and 1 both excluded; a p-value of a half or more would warn of anything.
_P = Annotated[float, Field(gt=0, lt=0.5)]
_COUNT = Annotated[int, Field(ge=1), WithJsonSchema({"type": "integer", "minimum": 1})]
_TYPES: dict[str, Any] = {"p": _P, "share": Fraction, "above0": Above0, "count": _COUNT}


class _MadePart(Part):
    model_config = ConfigDict(use_attribute_docstrings=False)  # it has no source to read them from


def _field(threshold: Threshold) -> tuple[Any, Any]:
    told = f"{threshold.about[:1].upper()}{threshold.about[1:]}; default {threshold.default:g}."
    return (_TYPES[threshold.kind] | None, Field(default=None, description=told))


def _part(check: str) -> type[Part]:
    fields: dict[str, Any] = {
        name: _field(threshold) for name, threshold in THRESHOLDS[check].items()
    }
    made: type[Part] = create_model(
        f"{check.title().replace('_', '')}CheckPart",
        __base__=_MadePart,
        __doc__=f"Thresholds of check {check}.",
        **fields,
    )
    return made


_BY_CHECK: dict[str, Any] = {
    check: (_part(check) | None, Field(default=None, description=f"Thresholds of {check}."))
    for check in THRESHOLDS
}
ChecksPart: Any = create_model(
    "ChecksPart",
    __base__=_MadePart,
    __doc__="Thresholds of checks that differ from the defaults, by check.",
    **_BY_CHECK,
)
