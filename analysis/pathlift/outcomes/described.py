"""A source as its files show it: what lies there, with which columns. Reads nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pathlift.outcomes.files import Form, Part
from pathlift.outcomes.pruning import Unopened
from pathlift.registry.experiment import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A declared source and the files found for it.

    Attributes
    ----------
    source : Source
        As declared.
    parts : tuple of Part
        Files that are read alike, together.
    columns : mapping of str to str
        Columns that every file has, partitions included, with their DuckDB types.
    partial : mapping of str to str
        Columns that only some files have, each with a file that lacks it.
    mixed : mapping of str to str
        Columns whose type changes between files, with these types.
    derived : mapping of str to str
        Computed columns with their DuckDB types.
    arm_values : mapping of str to str
        Name of an arm to how the data write it, where files are declared by arm.
    unopened : Unopened or None
        Files of the source that were not opened; they are in no part.
    """

    source: Source
    parts: tuple[Part, ...]
    columns: Mapping[str, str]
    partial: Mapping[str, str] = field(default_factory=dict)
    mixed: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, str] = field(default_factory=dict)
    arm_values: Mapping[str, str] = field(default_factory=dict)
    unopened: Unopened | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """All files, sorted, absolute."""
        return tuple(sorted(file for part in self.parts for file in part.files))

    @property
    def arm_files(self) -> Mapping[str, tuple[str, ...]]:
        """Files by name of the arm; empty where they have an arm column."""
        found: dict[str, tuple[str, ...]] = {}
        for part in self.parts:
            if part.arm is not None:
                found[part.arm] = (*found.get(part.arm, ()), *part.files)
        return found

    @property
    def rows(self) -> int:
        """Rows of all files, before any condition."""
        return sum(part.rows for part in self.parts)

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(part.bytes for part in self.parts)

    @property
    def form(self) -> Form:
        """``csv`` where any file is CSV, else ``parquet``."""
        return "csv" if any(part.form == "csv" for part in self.parts) else "parquet"
