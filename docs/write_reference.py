"""Writes docs/reference/*.md: every key of a definition, a result and a portfolio, from the models.

Run from the root of a checkout after a model has changed: ``python docs/write_reference.py``. A
test holds the pages that are committed against what this writes. Knows the JSON Schema alone, so
the words are those that editors show.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pathlift.registry.schema import experiment_schema
from pathlift.result.portfolio import portfolio_schema
from pathlift.result.schema import result_schema

TARGET = Path(__file__).with_name("reference")
Schema = Mapping[str, Any]

DEFINITION = """# Every key of a definition

Made from the model that reads the files, so nothing is missing here and nothing is made up:
`pathlift schema experiment` prints the same for editors, and `experiments/experiment.schema.json`
is what the first line of every example points at. What a key is *for*, and what goes with what, is
told in [experiments/README.md](../../experiments/README.md).
"""
RESULT = """# Every key of a result

What `pathlift analyze --format json` prints, and what is saved. Every key is always there: what
cannot be estimated is present with its reason, never absent and never 0. Shares and lifts are
fractions, in full precision. `pathlift schema result` prints the schema that this page is made
from. How a number is computed is told in [analysis/README.md](../../analysis/README.md).
"""
PORTFOLIO = """# Every key of a portfolio

What `pathlift portfolio --format json` prints; `pathlift schema portfolio` prints the schema that
this page is made from.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One mapping of the document.

    Attributes
    ----------
    title : str
        Where it first stands, such as ``analysis.looks``; unique.
    schema : Mapping
    """

    title: str
    schema: Schema


def pages() -> dict[str, str]:
    """Every page by the name of its file."""
    return {
        "definition.md": page(DEFINITION, experiment_schema()),
        "result.md": page(RESULT, result_schema()),
        "portfolio.md": page(PORTFOLIO, portfolio_schema()),
    }


def page(lead: str, schema: Schema) -> str:
    """A page: what it is about, the keys on top, and a section for every mapping below them."""
    sections = sections_of(schema)
    parts = [lead, "## On top\n", _table(schema, sections)]
    for section in sections.values():
        parts += [
            f"## {section.title}\n",
            f"{_said(section.schema)}\n",
            _table(section.schema, sections),
        ]
    return "\n".join(parts)


def sections_of(schema: Schema) -> dict[str, Section]:
    """Every mapping with keys of its own, by the name of its model, in order."""
    found: dict[str, Section] = {}
    waiting = list(_mappings(schema, ""))
    while waiting:
        path, name = waiting.pop(0)
        if name in found:
            continue
        definition = schema["$defs"][name]
        title = _unique(path, definition, {section.title for section in found.values()})
        found[name] = Section(title=title, schema=definition)
        waiting = [*_mappings(definition, path), *waiting]
    return found


def _unique(path: str, definition: Schema, taken: set[str]) -> str:
    """Several forms at one place are told apart by their kind, else by a number."""
    kind = definition.get("properties", {}).get("kind", {})
    names = kind.get("enum", [kind["const"]] if "const" in kind else [])
    wanted = f"{path}, kind {' or '.join(names)}" if len(names) == 1 and path else path
    title, number = wanted, 2
    while title in taken:
        title, number = f"{wanted}, form {number}", number + 1
    return title


def _mappings(schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    """Where models stand below a mapping, and their names."""
    for key, value in schema["properties"].items():
        yield from _referred(value, f"{path}.{key}" if path else key)


def _referred(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        return
    if "$ref" in value:
        yield path, _name(value)
    for form in (*value.get("oneOf", ()), *value.get("anyOf", ())):
        yield from _referred(form, path)
    yield from _referred(value.get("items"), f"{path}[]")
    yield from _referred(value.get("additionalProperties"), f"{path}.NAME")


def _name(reference: Schema) -> str:
    return str(reference["$ref"]).rsplit("/", 1)[-1]


def _table(schema: Schema, sections: Mapping[str, Section]) -> str:
    """The keys of one mapping."""
    required = set(schema.get("required", ()))
    optional = required < set(schema["properties"])
    head = ["| key | what it says | form |", "| --- | --- | --- |"]
    if optional:
        head = ["| key | what it says | form | default |", "| --- | --- | --- | --- |"]
    lines = []
    for key, value in schema["properties"].items():
        said = _said(value) or _said(sections[_name(value)].schema)
        cells = [f"`{key}`", said, _form(value, sections)]
        if optional:
            cells.append("**required**" if key in required else _default(value))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*head, *lines]) + "\n"


def _said(value: Schema) -> str:
    """Its description, kept from being read as tags, links or emphasis."""
    words = " ".join(str(value.get("description", "")).split())
    parts = re.split(r"(`[^`]*`)", words)
    return "".join(part if n % 2 else _plain(part) for n, part in enumerate(parts))


def _plain(words: str) -> str:
    escaped = re.sub(r"([*_\[])", r"\\\1", words)
    return escaped.replace("<", "&lt;")


def _default(value: Schema) -> str:
    """What holds where the key is left out; the words may say more."""
    default = value.get("default")
    if default is None or default in ([], {}):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _form(value: Any, sections: Mapping[str, Section]) -> str:
    """What may be written, in words; a mapping as a link to its section."""
    if not isinstance(value, Mapping) or not value:
        return "any value"
    if "$ref" in value:
        return _link(_name(value), sections)
    forms = (*value.get("oneOf", ()), *value.get("anyOf", ()))
    if forms:
        words = dict.fromkeys(_form(form, sections) for form in forms)
        return " or ".join(word for word in words)
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    match value.get("type"):
        case "array":
            items = value.get("items")
            of = _form(items, sections) if items else "values"
            return f"list of {of}"
        case "object" if "additionalProperties" in value:
            return f"by name: {_form(value['additionalProperties'], sections)}"
        case "object":
            return "mapping"
        case "string":
            return {"date-time": "time", "date": "day"}.get(value.get("format", ""), _text(value))
        case "integer" | "number":
            return _number(value)
        case "boolean":
            return "`true` or `false`"
        case "null":
            return "null"
        case _:
            return "any value"


def _link(name: str, sections: Mapping[str, Section]) -> str:
    title = sections[name].title
    anchor = "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")
    return f"[{title.replace('[]', '')}](#{anchor})"


def _text(value: Schema) -> str:
    pattern = str(value.get("pattern", ""))
    return "duration such as `14d`" if pattern.startswith("^[0-9]+(ms") else "text"


def _number(value: Schema) -> str:
    """A number and its ends."""
    said = "whole number" if value["type"] == "integer" else "number"
    ends = (
        ("exclusiveMinimum", "above"),
        ("minimum", "from"),
        ("exclusiveMaximum", "below"),
        ("maximum", "up to"),
    )
    limits = [f"{word} {value[key]:g}" for key, word in ends if key in value]
    return " ".join([said, *limits])


def main() -> None:
    """Write every page."""
    TARGET.mkdir(exist_ok=True)
    for name, text in pages().items():
        (TARGET / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
