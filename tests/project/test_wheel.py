"""What people install: the wheel, built the way it is released, through the sdist."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

CHECKOUT = Path(__file__).parents[2]

# Code, declarations, documents, templates of the report; no data, no cache, no test.
ALLOWED = {".py", ".yaml", ".sql", ".md", ".html", ".css", ".svg", ".js"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an sdist and the wheel made from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    # The backend lies in the environment already: isolation would ask the registry again.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), "."]
    run = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


@pytest.fixture(scope="module")
def names(request: pytest.FixtureRequest) -> list[PurePosixPath]:
    """Files of the wheel: of the one PATHLIFT_WHEEL names, else of one built here."""
    named = os.environ.get("PATHLIFT_WHEEL")
    wheel = Path(named) if named else next(request.getfixturevalue("built").glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        return [PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")]


def allowed(name: PurePosixPath) -> bool:
    return (
        name.suffix in ALLOWED or name.name.endswith(".schema.json") or name.name == "py.typed"
    ) and "__pycache__" not in name.parts


def test_the_wheel_holds_code_and_declarations_and_nothing_else(
    names: list[PurePosixPath],
) -> None:
    package = [name for name in names if name.parts[0] == "pathlift"]
    assert [str(name) for name in package if not allowed(name)] == []


def test_beside_the_package_the_wheel_holds_only_its_own_metadata(
    names: list[PurePosixPath],
) -> None:
    tops = {name.parts[0] for name in names}
    assert len(tops) == 2  # `queries` or `experiments` on top would shadow people's own folders
    assert "pathlift" in tops
    assert all(top == "pathlift" or top.endswith(".dist-info") for top in tops)


@pytest.mark.parametrize("suffix", [".py", ".sql", ".yaml", ".md"])
def test_the_wheel_carries_every_declaration_of_the_checkout(
    names: list[PurePosixPath], suffix: str
) -> None:
    homes = {"pathlift": "analysis/pathlift", "queries": "queries", "experiments": "experiments"}
    for prefix, home in homes.items():
        in_checkout = {
            path.relative_to(CHECKOUT / home).as_posix()
            for path in tracked(home)
            if path.suffix == suffix
        }
        inside = (
            PurePosixPath("pathlift")
            if prefix == "pathlift"
            else PurePosixPath(f"pathlift/{prefix}")
        )
        in_wheel = {
            name.relative_to(inside).as_posix() for name in names if name.is_relative_to(inside)
        }
        assert in_checkout - in_wheel == set()


def test_the_wheel_says_that_it_is_typed_and_carries_its_licence(
    names: list[PurePosixPath],
) -> None:
    texts = {str(name) for name in names}
    assert "pathlift/py.typed" in texts
    assert any(text.endswith(".dist-info/licenses/LICENSE") for text in texts)


def test_the_sdist_holds_what_the_wheel_is_made_of_and_no_environment(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        tops = {PurePosixPath(name).parts[1] for name in archive.getnames() if "/" in name}
    expected = {"analysis", "queries", "experiments", "pyproject.toml", "README.md", "LICENSE"}
    assert expected <= tops
    assert tops <= expected | {"CHANGELOG.md", "PKG-INFO", ".gitignore"}


def tracked(home: str) -> list[Path]:
    """Files of a folder that git knows."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--", home]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return [CHECKOUT / name for name in listed.stdout.split("\0") if name]
