"""What no file of the project may hold: the address of a registry, a path of one machine."""

import re
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]

# Written in two parts, so that this file does not name what it forbids. Each was, on the day of
# writing, the host that the client of that kind of package asks by default.
REGISTRY_HOSTS = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
    "deb." + "debian.org",
    "archive." + "ubuntu.com",
    "crates" + ".io",
    "anaconda" + ".org",
    "proxy." + "golang.org",
)

# Home folders, and the two folders above a checkout that a developer's machine happened to have.
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])/(?:"
    + "|".join(("root", r"home/\w+", r"Users/\w+", r"work/(?:main|shared)"))
    + r")/"
)


def texts() -> list[tuple[str, str]]:
    """Path and content of every file that git knows and that is still there."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    files = [name for name in listed.stdout.split("\0") if name and (CHECKOUT / name).is_file()]
    return [
        (name, (CHECKOUT / name).read_text(encoding="utf-8", errors="replace")) for name in files
    ]


def test_no_file_names_a_package_registry() -> None:
    found = [
        f"{name}: {host}"
        for name, text in texts()
        for host in REGISTRY_HOSTS
        if host in text.lower()
    ]
    assert found == []


def test_no_file_names_a_place_on_one_machine() -> None:
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("folder", ["root", "home/anna", "Users/anna", "work/shared"])
def test_the_search_for_machine_paths_finds_one(folder: str) -> None:
    assert MACHINE_PATH.search(f"logs lie in '/{folder}/logs'")


@pytest.mark.parametrize("path", ["../shared/data", "s3://logs/root/x", "data/home/x/y", "/tmp/x"])
def test_the_search_for_machine_paths_leaves_others_alone(path: str) -> None:
    assert not MACHINE_PATH.search(path)
