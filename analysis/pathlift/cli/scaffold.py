"""A folder with one worked example in it: the definition, its schema, and what the keys mean."""

import json
import shutil
from pathlib import Path

from pathlift.places import examples_folder

SCHEMA_FILE = "experiment.schema.json"


def write_definition(name: str, registry: Path) -> Path:
    """Copy a worked example out of the package.

    Parameters
    ----------
    name : str
        Of the experiment.
    registry : Path
        Receives its YAML, ``experiment.schema.json`` for editors, and ``README.md`` with every
        key, where the package has one.

    Returns
    -------
    Path
        The definition.
    """
    from pathlift.registry.schema import experiment_schema

    registry.mkdir(parents=True, exist_ok=True)
    schema = json.dumps(experiment_schema(), indent=2, ensure_ascii=False) + "\n"
    (registry / SCHEMA_FILE).write_text(schema, encoding="utf-8")
    readme = examples_folder() / "README.md"
    if readme.is_file():
        shutil.copyfile(readme, registry / "README.md")
    return Path(shutil.copyfile(examples_folder() / f"{name}.yaml", registry / f"{name}.yaml"))
