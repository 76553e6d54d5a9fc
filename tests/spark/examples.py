"""The worked examples beside small data, as Parquet: what CSV means depends on who reads it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from pathlift.cli.app import run

TEMPLATES = ("ab", "totals", "prompts", "value", "journeys")


def worked_example(template: str, folder: Path) -> Path:
    """Its definition, beside its data."""
    target = folder / template
    assert run(["init", str(target), "--template", template, "--quiet"]) == 0
    [definition] = (target / "experiments").glob("*.yaml")
    as_parquet(definition, target.rglob("*.csv"))
    return definition


def as_parquet(definition: Path, files: Iterator[Path]) -> None:
    """Write the files again as Parquet, and let the definition name those."""
    for file in list(files):
        to = file.with_suffix(".parquet")
        duckdb.sql(f"copy (from read_csv('{file}', header = true, nullstr = '')) to '{to}'")
        file.unlink()
    text = definition.read_text(encoding="utf-8").replace(".csv", ".parquet")
    definition.write_text(text, encoding="utf-8")
