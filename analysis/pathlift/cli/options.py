"""Options that every command takes, and the choices that several share. Imports no engine."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

EVERYWHERE = Group("Everywhere", sort_key=9)

TextFormat = Literal["text", "json", "jsonl", "md"]
ReportFormat = Literal["html", "md", "json", "text"]
Engine = Literal["duckdb", "spark"]

Flag = Parameter(negative="")

_AMOUNT = re.compile(r"\d+(\.\d+)? ?[KMGT](i?B)?", re.IGNORECASE)


class UsageError(Exception):
    """The command line asks for something that does not fit together; exit code 2."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """How much is said on stderr. Every command takes it.

    Attributes
    ----------
    quiet, verbose, debug : bool
    """

    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="", group=EVERYWHERE)] = False
    """Say nothing on stderr but errors."""
    verbose: Annotated[bool, Parameter(name=["--verbose", "-v"], negative="", group=EVERYWHERE)] = (
        False
    )
    """Say on stderr what was read, and how long it took."""
    debug: Annotated[bool, Parameter(negative="", group=EVERYWHERE)] = False
    """Show the traceback of every error, ours included."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions(Talk):
    """The same for commands that look up definitions.

    Attributes
    ----------
    registry : Path or None
        Folder of the definitions.
    """

    registry: Annotated[
        Path | None, Parameter(env_var="PATHLIFT_REGISTRY", group=EVERYWHERE, metavar="DIR")
    ] = None
    """Folder of the definitions; else ./experiments, else the current folder."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Common(Definitions):
    """The same for commands that write or read results.

    Attributes
    ----------
    results : Path or None
        Folder of the results.
    """

    results: Annotated[Path | None, Parameter(group=EVERYWHERE, metavar="DIR")] = None
    """Folder of the results; else results/ beside the registry."""


TALK = Talk()
DEFINITIONS = Definitions()
DEFAULT = Common()


def refuse_no_memory(memory: str | None) -> None:
    """Refuse what is no amount of memory, before anything is read.

    Parameters
    ----------
    memory : str or None
        A number with its unit, such as 4GB, 512 MB or 1.5GiB; None where none was given.

    Raises
    ------
    UsageError
    """
    if memory is not None and not _AMOUNT.fullmatch(memory):
        raise UsageError(f"--memory {memory} is not an amount of memory; write it as 4GB")
