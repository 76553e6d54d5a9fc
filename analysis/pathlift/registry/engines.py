"""What may a definition say about the engine, and does it serve? Connects to nothing."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from pathlift.errors import Problem
from pathlift.registry.engine import REMOTE_VARIABLE, EngineChoice
from pathlift.registry.fields import Part, Text

if TYPE_CHECKING:
    from pathlift.registry.document import Document
    from pathlift.registry.findings import Findings

_KEY: Final = "engine"
_HARMLESS: Final = frozenset({"use_ssl", "user_agent"})  # parameters of an address, no secrets


class EnginePart(Part):
    """What aggregates the data."""

    kind: Literal["duckdb", "spark"] = "duckdb"
    """duckdb: this machine; spark: a server of Spark Connect."""
    remote: Text | None = None
    """spark: its address, sc://host:15002; left out: the environment variable SPARK_REMOTE."""


def resolve_engine(findings: "Findings", document: "Document") -> EngineChoice:
    """Resolve ``engine``.

    Parameters
    ----------
    findings : Findings
        Takes the problems: an address that is none, that holds a secret, or that nobody uses.
    document : Document

    Returns
    -------
    EngineChoice
    """
    part = document.engine
    if part is None or not findings.intact(_KEY):
        return EngineChoice()
    if part.remote is not None:
        _check_remote(findings, part.remote, part.kind)
    return EngineChoice(kind=part.kind, remote=part.remote, at=findings.place(_KEY))


def is_address(remote: str) -> bool:
    """Whether a text is the address of a Spark Connect server.

    Parameters
    ----------
    remote : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_address("sc://localhost:15002"), is_address("localhost:15002"), is_address("sc://h:x")
    (True, False, False)
    """
    try:
        parts = urlsplit(remote.strip())
        return parts.scheme == "sc" and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a port that is no number
        return False


def _check_remote(findings: "Findings", remote: str, kind: str) -> None:
    if kind != "spark":
        findings.add_at_key(
            f"`remote` does nothing with `kind: {kind}`",
            _KEY,
            "remote",
            hint="leave it out, or write `kind: spark`",
        )
    elif not is_address(remote):
        findings.add(
            "`remote` is no address of a Spark Connect server",
            _KEY,
            "remote",
            hint="write it as sc://host:15002",
        )
    elif "@" in remote or not _parameters(remote) <= _HARMLESS:
        at = replace(findings.place(_KEY, "remote"), source="")  # the line may hold a token
        findings.problems.append(
            Problem(
                message="`remote` holds more than an address; a definition is read by many",
                at=at,
                hint=f"set the environment variable {REMOTE_VARIABLE} to the address with its "
                "token",
            )
        )


def _parameters(remote: str) -> set[str]:
    _, _, told = remote.partition("/;")
    return {each.partition("=")[0].strip() for each in told.split(";") if each.strip()}
