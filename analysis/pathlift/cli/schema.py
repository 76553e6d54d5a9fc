"""`pathlift schema`: the shape of a definition or of a result, for editors and machines."""

import json
from typing import Literal

from pathlift.cli.options import TALK, Talk
from pathlift.cli.screen import write


def schema_command(
    of: Literal["experiment", "result", "portfolio"] = "experiment", *, common: Talk = TALK
) -> None:
    """Print the JSON Schema of a definition, of a result or of a portfolio.

    Parameters
    ----------
    of : {"experiment", "result", "portfolio"}
        What it describes.
    """
    if of == "result":
        from pathlift.result.schema import result_schema

        schema = result_schema()
    elif of == "portfolio":
        from pathlift.result.portfolio import portfolio_schema

        schema = portfolio_schema()
    else:
        from pathlift.registry.schema import experiment_schema

        schema = experiment_schema()
    write(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
