"""The exact versions: all there, fitting to pyproject.toml, known by hash and not by server."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

CHECKOUT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
DEV = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One locked version, for the Pythons its marker names."""

    name: str
    version: Version
    marker: str
    hashes: int


def pins(lock: str) -> list[Pin]:
    """Entries of a lock file, each written over several lines joined by a backslash."""
    joined = (CHECKOUT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [pin(line) for line in joined.splitlines() if line.strip()]


def pin(line: str) -> Pin:
    requirement, *hashes = re.split(r"\s+--hash=sha256:", line)
    parsed = Requirement(requirement)
    (only,) = parsed.specifier
    assert only.operator == "==", line
    return Pin(
        name=canonicalize_name(parsed.name),
        version=Version(only.version),
        marker=str(parsed.marker or ""),
        hashes=len(hashes),
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_version_has_a_hash(lock: str) -> None:
    assert [pin.name for pin in pins(lock) if pin.hashes == 0] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_server(lock: str) -> None:
    text = (CHECKOUT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert [line for line in text.splitlines() if line.startswith("-")] == []


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [(LOCKS[0], RUNTIME), (LOCKS[1], RUNTIME + DEV)],
    ids=["runtime", "dev"],
)
def test_a_lock_pins_all_that_pyproject_asks_for(
    lock: str, requirements: list[Requirement]
) -> None:
    locked: dict[str, list[Version]] = {}
    for entry in pins(lock):
        locked.setdefault(entry.name, []).append(entry.version)
    unmet = [
        str(requirement)
        for requirement in requirements
        if not (versions := locked.get(canonicalize_name(requirement.name)))
        or not all(version in requirement.specifier for version in versions)
    ]
    assert unmet == [], "run `make lock`"


def test_both_locks_pin_the_same_versions_of_what_pathlift_runs_on() -> None:
    runtime = {(entry.name, entry.version) for entry in pins(LOCKS[0])}
    everything = {(entry.name, entry.version) for entry in pins(LOCKS[1])}
    assert runtime - everything == set()


def test_the_runtime_lock_brings_no_tool_of_the_developers() -> None:
    runtime = {entry.name for entry in pins(LOCKS[0])}
    assert runtime & {canonicalize_name(requirement.name) for requirement in DEV} == set()
