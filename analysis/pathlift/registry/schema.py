"""What does an editor need to know about a definition? The JSON Schema of the grammar itself."""

from typing import Any, Final

from pathlift.registry.document import Document

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FILE: Final = "experiment.schema.json"


def experiment_schema() -> dict[str, Any]:
    """Return the JSON Schema of an experiment.

    Returns
    -------
    dict
        Draft 2020-12, made from the model that reads the files; each key has the description that
        an editor shows. It knows form only: that names exist and settings fit is told by ``check``.

    Examples
    --------
    >>> schema = experiment_schema()
    >>> schema["$schema"], schema["required"]
    ('https://json-schema.org/draft/2020-12/schema', ['data', 'arms'])
    """
    schema = Document.model_json_schema()
    return {"$schema": DIALECT, **_plain(schema), "required": ["data", "arms"]}


def _plain(node: Any) -> Any:
    """Leave out titles made from names, and the null that stands for "left out" in the model."""
    match node:
        case {"anyOf": [one, {"type": "null"}], **rest}:
            kept = {key: value for key, value in rest.items() if key not in ("default", "title")}
            return {**_plain(one), **{key: _plain(value) for key, value in kept.items()}}
        case dict():
            return {
                key: {name: _plain(part) for name, part in value.items()}
                if key == "properties"
                else _plain(value)
                for key, value in node.items()
                if key != "title"
            }
        case list():
            return [_plain(part) for part in node]
        case _:
            return node
