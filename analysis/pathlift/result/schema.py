"""The JSON Schema of a result, made from the model. Knows no file."""

from typing import Any

from pathlift.result.model import Result

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def result_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the document that `analyze` prints and saves.

    Returns
    -------
    dict
        Every property of the written document is required: what cannot be estimated is present
        with its reason, never absent.
    """
    schema = Result.model_json_schema(by_alias=True, mode="serialization")
    for definition in (schema, *schema["$defs"].values()):
        if "properties" in definition:
            definition["required"] = list(definition["properties"])
    return {"$schema": DIALECT, **schema, "title": "pathlift result"}
