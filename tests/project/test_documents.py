"""Every command and every Python example that a document shows is run, in the document's order.

A document gets a folder of its own that holds a copy of ``experiments/``, as at the root of a
checkout. In its ``console`` and ``sh`` blocks the lines that begin with ``pathlift`` or ``cd`` are
run (``console``: those after ``$``); a line may end in ``# exit 1`` where that is the point of it.
``python`` blocks run too, each alone. ``<!-- not run: reason -->`` above a block leaves it out.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
DOCUMENTS = (
    "README.md",
    "experiments/README.md",
    "queries/README.md",
    "analysis/README.md",
    *sorted(path.relative_to(CHECKOUT).as_posix() for path in CHECKOUT.glob("docs/**/*.md")),
)
BLOCK = re.compile(
    r"(?P<note><!-- not run: [^>]+ -->\s*\n)?"
    r"^```(?P<language>console|sh|python)\n(?P<body>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
COMMAND = re.compile(r"(?:[A-Z_]+=\S+ )*(?:pathlift|cd)\b")
EXIT = re.compile(r"\s+# exit (\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command line or Python block, and the exit code that its document promises."""

    language: str
    text: str
    exit_code: int = 0


def steps(document: str) -> Iterator[Step]:
    """What a document shows to be run, in its order."""
    for block in BLOCK.finditer(document):
        if block["note"]:
            continue
        if block["language"] == "python":
            yield Step(language="python", text=block["body"])
            continue
        for line in command_lines(block["body"], console=block["language"] == "console"):
            promised = EXIT.search(line)
            yield Step(
                language="sh",
                text=EXIT.sub("", line),
                exit_code=int(promised[1]) if promised else 0,
            )


def command_lines(body: str, *, console: bool) -> Iterator[str]:
    """Lines of a block that are ours to run; a backslash at the end joins two."""
    for line in body.replace("\\\n", " ").splitlines():
        if console and not line.startswith("$ "):
            continue
        command = line.removeprefix("$ ").strip()
        if COMMAND.match(command):
            yield command


def run_in(folder: Path, step: Step) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Run a step; the folder it leaves us in, and what happened."""
    tools = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    # A line of sh may change the folder for the lines below it.
    script = f'{step.text}\ncode=$?\npwd > "$WHERE"\nexit $code'
    where = folder / ".where"
    command = ["sh", "-c", script] if step.language == "sh" else [sys.executable, "-c", step.text]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment | {"WHERE": str(where)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if where.is_file():
        left_in = Path(where.read_text(encoding="utf-8").strip())
        where.unlink()
        return left_in, done
    return folder, done


def steps_of(name: str) -> list[Step]:
    """Steps of a document of the checkout; none where it explains without showing."""
    return list(steps((CHECKOUT / name).read_text(encoding="utf-8")))


def test_the_readme_shows_what_to_run() -> None:
    assert steps_of("README.md")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in DOCUMENTS if steps_of(name)])
def test_what_a_document_shows_runs(name: str, tmp_path: Path) -> None:
    found = steps_of(name)
    shutil.copytree(CHECKOUT / "experiments", tmp_path / "experiments")
    folder = tmp_path
    for step in found:
        folder, done = run_in(folder, step)
        assert done.returncode == step.exit_code, f"{step.text}\n{done.stdout}{done.stderr}"


def test_steps_are_read_from_console_sh_and_python_blocks_in_order() -> None:
    document = """
```console
$ pathlift demo
Wrote pathlift-demo
$ make test
$ cd pathlift-demo
```

```sh
PATHLIFT_REGISTRY=experiments pathlift check \\
    --data  # exit 1
ls
```

<!-- not run: needs a cluster -->
```sh
pathlift sql journeys --engine spark
```

```yaml
pathlift: no
```

```python
import pathlift
```
"""
    assert list(steps(document)) == [
        Step(language="sh", text="pathlift demo"),
        Step(language="sh", text="cd pathlift-demo"),
        Step(
            language="sh",
            text="PATHLIFT_REGISTRY=experiments pathlift check      --data",
            exit_code=1,
        ),
        Step(language="python", text="import pathlift\n"),
    ]


def test_a_step_that_fails_is_seen_and_cd_lasts(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    folder, done = run_in(tmp_path, Step(language="sh", text="cd inner"))
    assert (folder, done.returncode) == (tmp_path / "inner", 0)
    _, done = run_in(folder, Step(language="sh", text="exit 3"))
    assert done.returncode == 3
    _, done = run_in(folder, Step(language="python", text="raise SystemExit(4)"))
    assert done.returncode == 4
