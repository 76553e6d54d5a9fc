"""Which keys has a document, what does each hold, where does it stand? Knows JSON Schema."""

from collections.abc import Iterator, Mapping
from typing import Any

Keys = Mapping[str, Mapping[str, tuple[str, ...]]]


def keys_of(schema: Mapping[str, Any]) -> Keys:
    """Every key that a schema describes.

    Parameters
    ----------
    schema : mapping
        JSON Schema with its definitions under ``$defs``.

    Returns
    -------
    mapping of str to (mapping of str to tuple of str)
        By key, then by description: paths from the top, such as ``estimates[].arm``, or
        ``arms.*.weight`` where names are free. A key that means two things has two descriptions.

    Examples
    --------
    >>> part = {"properties": {"arm": {"type": "string", "description": "Name of an arm."}}}
    >>> arms = {"items": {"$ref": "#/$defs/Arm"}}
    >>> keys_of({"properties": {"arms": arms}, "$defs": {"Arm": part}})
    {'arm': {'Name of an arm.': ('arms[].arm',)}}
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for path, key, text in _described(schema, schema, ""):
        at = found.setdefault(key, {})
        if path not in at.get(text, ()):
            at[text] = (*at.get(text, ()), path)
    return found


def _described(
    schema: Mapping[str, Any], part: Mapping[str, Any], path: str
) -> Iterator[tuple[str, str, str]]:
    for key, value in part.get("properties", {}).items():
        here = f"{path}{key}"
        if "description" in value:
            yield here, key, value["description"]
        for inner, joint in _inside(schema, value):
            yield from _described(schema, inner, f"{here}{joint}.")


def _inside(
    schema: Mapping[str, Any], value: Mapping[str, Any]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Objects that a value may hold, and how their keys are joined to it."""
    if "$ref" in value:
        yield from _inside(schema, schema["$defs"][value["$ref"].rpartition("/")[2]])
    if "properties" in value:
        yield value, ""
    for choice in (*value.get("anyOf", ()), *value.get("oneOf", ())):
        yield from _inside(schema, choice)
    for holder, sign in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(value.get(holder), Mapping):
            for inner, joint in _inside(schema, value[holder]):
                yield inner, f"{sign}{joint}"
