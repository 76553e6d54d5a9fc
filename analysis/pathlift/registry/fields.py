"""What a single value of a definition may look like. Knows no section of the file.

Every type here says three things at once: what is accepted, what the refusal says in plain words,
and what an editor is told (the JSON Schema).
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Strict,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pathlift.registry.durations import PATTERN, parse_duration

TEXT, LIST, MAPPING = "<text>", "<list>", "<mapping>"
MOMENT = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$"
)
"""A day, which is its midnight, or a time of day, with or without a zone."""


class Part(BaseModel):
    """A mapping in the file: frozen, and no key beyond the declared ones."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        defer_build=True,  # the whole grammar is built once, by the first file that is read
    )

    @model_validator(mode="before")
    @classmethod
    def _remember_which_model_reads(cls, written: Any, info: ValidationInfo) -> Any:
        # An "unknown key" error carries no model, and "did you mean" has to know its keys.
        if info.context is not None and isinstance(written, dict):
            info.context[id(written)] = cls
        return written


def plain_error(message: str, hint: str = "") -> PydanticCustomError:
    """Return an error whose text is already meant for a person.

    Parameters
    ----------
    message, hint : str
        As in `Problem`.

    Returns
    -------
    PydanticCustomError
        To be raised by a validator.
    """
    # Braces in a template would be taken for its variables.
    return PydanticCustomError("plain", "{text}", {"text": message, "hint": hint})


def _duration(written: object) -> timedelta:
    try:
        return parse_duration(written)
    except ValueError as refusal:
        raise plain_error(str(refusal)) from None


def _day(written: object) -> date:
    if isinstance(written, str) and len(written) == len("2026-03-02"):
        try:
            return date.fromisoformat(written)
        except ValueError:
            pass  # said below, like every other way to be no day
    raise plain_error(f"{written!r} is not a day", "a day is written as 2026-03-02")


def _moment(written: object) -> datetime:
    if isinstance(written, str) and re.match(MOMENT, written, re.ASCII):
        try:
            return datetime.fromisoformat(written)
        except ValueError:
            pass  # said below, like every other way to be no moment
    raise plain_error(
        f"{written!r} is not a moment",
        "a moment is written as 2026-03-10T08:00, with Z or +01:00 where it is not in `timezone`",
    )


def _value(written: object) -> str:
    """Text as the data are compared with it: 1 and true are compared as '1' and 'true'."""
    if isinstance(written, bool):
        return "true" if written else "false"
    if isinstance(written, str) and written:
        return written
    if isinstance(written, int):
        return str(written)
    raise plain_error(
        f"{written!r} is not a value of a column", "write it as in the data, in quotes"
    )


def forms(expected: str, mapping: str = MAPPING) -> Discriminator:
    """Return the choice between the short forms and the long form of one thing.

    Parameters
    ----------
    expected : str
        What is accepted, in plain words.
    mapping : str
        Tag of the long form.

    Returns
    -------
    Discriminator
        Over the tags TEXT, LIST and `mapping`.
    """
    return Discriminator(_choose(mapping), custom_error_type="form", custom_error_message=expected)


def _choose(mapping: str) -> Callable[[object], str | None]:
    def form(written: object) -> str | None:
        match written:
            case str():
                return TEXT
            case list() | tuple():
                return LIST
            case dict() | BaseModel():
                return mapping
            case _:
                return None

    return form


Text = Annotated[str, Field(min_length=1)]
Listed = Strict(strict=False)  # a YAML list becomes a tuple
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": PATTERN}, {"const": 0}]}),
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": MOMENT}),
]
Value = Annotated[
    str,
    BeforeValidator(_value),
    WithJsonSchema({"type": ["string", "integer", "boolean"]}),
]
Above0 = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Epoch = Literal["s", "ms", "us", "ns"]


class MarginPart(Part):
    """A distance, written positive: one of absolute and relative."""

    absolute: Above0 | None = None
    """In the unit of the metric; 0.005 of a proportion is half a percentage point."""
    relative: Above0 | None = None
    """As a fraction of the control's value."""


class ColumnPart(Part):
    """A column of the data that holds a time."""

    column: Text
    """Name of the column in the file."""
    unit: Epoch | None = None
    """What an integer time counts since 1970: s, ms, us or ns."""
    format: Text | None = None
    """strptime format of a time written as text, such as "%Y-%m-%d %H:%M:%S"."""


ColumnForm = Annotated[
    Annotated[Text, Tag(TEXT)] | Annotated[ColumnPart, Tag(MAPPING)],
    forms("a column is a name or a mapping with `column`"),
]
PathForm = Annotated[
    Annotated[Text, Tag(TEXT)]
    | Annotated[tuple[Text, ...], Field(min_length=1), Listed, Tag(LIST)],
    forms("a path is text or a list of texts"),
]
PathsForm = Annotated[
    Annotated[Text, Tag(TEXT)]
    | Annotated[tuple[Text, ...], Field(min_length=1), Listed, Tag(LIST)]
    | Annotated[dict[str, PathForm], Field(min_length=1), Tag(MAPPING)],
    forms("a path is text, a list of texts or a mapping of arm names to paths"),
]
