"""A result as JSON: the document itself, in full precision."""

from collections.abc import Sequence

from pathlift.result.model import Result
from pathlift.result.saving import to_json


def render_json(results: Result | Sequence[Result]) -> str:
    """Render exactly one JSON document.

    Parameters
    ----------
    results : Result or sequence of Result
        One gives an object, several (of a folder) an array.

    Returns
    -------
    str
        Ends with a line end.
    """
    if isinstance(results, Result):
        return to_json(results)
    return "[" + ",\n".join(to_json(result).rstrip() for result in results) + "]\n"


def render_jsonl(results: Sequence[Result]) -> str:
    """Render one line a result.

    Parameters
    ----------
    results : sequence of Result

    Returns
    -------
    str
        Empty where there are none.
    """
    return "".join(result.model_dump_json() + "\n" for result in results)
