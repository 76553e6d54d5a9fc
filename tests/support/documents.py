"""Reads what a document shows to be run, and runs it; see ``tests/project/test_documents.py``."""

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from pathlift.cli.app import run

BLOCK = re.compile(
    r"(?:<!-- (?P<note>not run: [^>]+|goes on) -->\s*\n)?"
    r"^```(?P<language>console|sh|python|yaml)\n(?P<body>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
COMMAND = re.compile(r"(?:[A-Z_]+=\S+ )*(?:pathlift|cd)\b")
EXIT = re.compile(r"\s+# exit (\d+)$")
DEFINITION = re.compile(r"# (?P<path>experiments/\w+\.yaml)\n")
SHELL = re.compile(r"[|<>&;$`*?]|^[A-Z_]+=")
"""What only a shell understands; anything else runs in this process, without its seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command line, Python block or definition.

    Attributes
    ----------
    language : str
        sh, python or yaml.
    text : str
    exit_code : int
        That its document promises.
    shows : tuple of str
        Lines of output that the document shows below a command, without ``...``.
    """

    language: str
    text: str
    exit_code: int = 0
    shows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What happened: the folder that a step leaves us in, its exit code, all that it printed."""

    folder: Path
    code: int
    said: str


def steps(document: str) -> list[Step]:
    """What a document shows to be run, in its order.

    A ``python`` block that goes on is one program with that before it, as cells of a notebook are.
    A ``yaml`` block whose first line names its file is written there and checked.
    """
    found: list[Step] = []
    for block in BLOCK.finditer(document):
        language, body, note = block["language"], block["body"], block["note"]
        if note is not None and note.startswith("not run"):
            continue
        match language:
            case "python":
                before = found.pop().text if note == "goes on" else ""
                found.append(Step(language="python", text=before + body))
            case "yaml" if DEFINITION.match(body):
                found.append(Step(language="yaml", text=body))
            case "console" | "sh":
                found += _commands(body, console=language == "console")
    return found


def _commands(body: str, *, console: bool) -> Iterator[Step]:
    """Lines of a block that are ours to run; a backslash at the end joins two."""
    lines = body.replace("\\\n", " ").splitlines()
    starts = [n for n, line in enumerate(lines) if not console or line.startswith("$ ")]
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        command = lines[start].removeprefix("$ ").strip()
        if not COMMAND.match(command):
            continue
        promised = EXIT.search(command)
        shown = (line.strip() for line in lines[start + 1 : stop])
        yield Step(
            language="sh",
            text=EXIT.sub("", command),
            exit_code=int(promised[1]) if promised else 0,
            shows=tuple(line for line in shown if line not in ("", "...")),
        )


def perform(folder: Path, step: Step) -> Done:
    """Run a step in a folder."""
    match step.language:
        case "yaml":
            return _checked(folder, step.text)
        case "sh" if not SHELL.search(step.text):
            tokens = shlex.split(step.text)
            if tokens[0] == "cd":
                return Done(folder=(folder / tokens[1]).resolve(), code=0, said="")
            return _in_this_process(folder, tokens[1:])
        case _:
            return _in_a_child(folder, step)


def _checked(folder: Path, text: str) -> Done:
    """Write a definition where its first line says, and check it."""
    named = DEFINITION.match(text)
    assert named is not None
    path = folder / named["path"]
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return _in_this_process(folder, ["check", named["path"]])


def _in_this_process(folder: Path, tokens: list[str]) -> Done:
    said = io.StringIO()
    with chdir(folder), redirect_stdout(said), redirect_stderr(said):
        code = run(tokens)
    return Done(folder=folder, code=code, said=said.getvalue())


def _in_a_child(folder: Path, step: Step) -> Done:
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
    left_in = folder
    if where.is_file():
        left_in = Path(where.read_text(encoding="utf-8").strip())
        where.unlink()
    return Done(folder=left_in, code=done.returncode, said=done.stdout + done.stderr)
