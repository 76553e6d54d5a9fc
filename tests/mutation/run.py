"""Which changes of a number in ``inference/`` would no test of its own module notice?

mutmut makes the mutants; its runner, which knows only ``src/`` and runs every test that passed
through a function, is not used. Each mutant is written over its module in a copy of the tree, and
the fast tests that import the module run in a process forked from one that has the libraries
loaded. See README.md beside this file for what counts and what was measured.
"""

import argparse
import ast
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
INFERENCE = Path("analysis/pathlift/inference")
ALLOWED = 0.10  # survivors of the mutants that tests judged (issue 2, proof 5)
CORE = (
    "intervals,relative,adjustment,proportions,spending,graph,kitagawa,e_values,"
    "mantel_haenszel,standardising"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One module with one change: its whole source, and the line before and after."""

    source: str
    line: int
    before: str
    after: str


def mutants_of(path: Path, share: float, seed: str) -> tuple[list[Mutant], int]:
    """A drawn share of a module's mutants, without those of words only; how many there are."""
    from mutmut.mutation.file_mutation import create_mutations

    code = path.read_text()
    module, mutations, _, _ = create_mutations(str(path), code)
    inside = [each for each in mutations if each.contained_by_top_level_function is not None]
    size = min(len(inside), max(1, round(share * len(inside))))
    found = []
    for mutation in random.Random(seed).sample(inside, size):
        mutated = module.deep_replace(mutation.original_node, mutation.mutated_node)
        source = mutated.code  # type: ignore[attr-defined] # a module replaced is a module
        if source == code or _shape(source) == _shape(code):
            continue
        old, new = code.splitlines(), source.splitlines()
        at = next(
            (i for i, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0
        )
        found.append(
            Mutant(source=source, line=at + 1, before=old[at].strip(), after=new[at].strip())
        )
    return found, len(inside)


def _shape(source: str) -> str:
    """The syntax tree with the text of sentences (strings with a space) left out."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            node.value = ""
    return ast.dump(tree)


def tests_of(tree: Path, module: str) -> list[str]:
    """The test files that import a module, its namesake first, then its own doctests."""
    imported = re.compile(
        rf"pathlift\.inference\.{module}\b|from pathlift\.inference import [^\n]*\b{module}\b"
    )
    files = [
        str(file.relative_to(tree))
        for file in sorted((tree / "tests/inference").glob("test_*.py"))
        if imported.search(file.read_text())
    ]
    files.sort(key=lambda name: name != f"tests/inference/test_{module}.py")
    return [*files, str(INFERENCE / f"{module}.py")] if files else []


def outcome(tree: Path, tests: list[str], seconds: float) -> str:
    """Run the tests in a forked process: killed, survived, timeout or no tests."""
    child = os.fork()
    if child == 0:
        _run_tests(tree, tests)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return {0: "survived", 3: "error", 5: "no tests"}.get(code, "killed")
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def _run_tests(tree: Path, tests: list[str]) -> None:
    import pytest

    os.chdir(tree)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    sys.path.insert(0, str(tree / "analysis"))
    sys.dont_write_bytecode = True  # two mutants of one second and one length share a .pyc
    options = ["-x", "-q", "-m", "not slow and not engine", "-p", "no:cacheprovider"]
    options.append("--assert=plain")  # nobody reads the messages
    code = 3
    try:
        code = int(pytest.main([*options, *tests]))
    finally:
        os._exit(code)


def copy_of_the_tree(target: Path) -> None:
    """The parts of the project its tests read, without compiled files."""
    for name in ("analysis", "tests", "queries", "experiments"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", target)


def main() -> int:
    """Draw, run, print; 1 if more than a tenth of the judged mutants survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--share", type=float, default=0.05, help="of each module's mutants; 1: all"
    )
    parser.add_argument("--modules", default=CORE, help="names with commas, or: all")
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--minutes", type=float, default=30.0, help="stop then, and say so")
    asked = parser.parse_args()
    started = time.monotonic()
    names = sorted(p.stem for p in (ROOT / INFERENCE).glob("[a-z]*.py"))
    modules = names if asked.modules == "all" else asked.modules.split(",")
    import mpmath  # noqa: F401  # loaded once, before the forks
    import pydantic  # noqa: F401
    import scipy.stats  # noqa: F401

    total: Counter[str] = Counter()
    broken = False
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        copy_of_the_tree(tree)
        for module in modules:
            path = tree / INFERENCE / f"{module}.py"
            original = path.read_text()
            drawn, every = mutants_of(path, asked.share, f"{asked.seed} {module}")
            size = len(drawn)
            tests = tests_of(tree, module)
            counts: Counter[str] = Counter()
            if not tests:
                counts["no tests"] = size
                drawn = []
            else:
                before = time.monotonic()
                whole = outcome(tree, tests, 300)
                allowed = 10 + 4 * (time.monotonic() - before)
                if whole != "survived":  # the unchanged module has to pass
                    print(f"{module}: its tests do not pass unchanged ({whole})", flush=True)
                    broken, drawn = True, []
            for mutant in drawn:
                if time.monotonic() - started > 60 * asked.minutes:
                    counts["not run"] += 1
                    continue
                path.write_text(mutant.source)
                result = outcome(tree, tests, allowed)
                counts[result] += 1
                if result == "survived":
                    print(f"  {module}.py:{mutant.line}: {mutant.before}\n      -> {mutant.after}")
            path.write_text(original)
            total += counts
            print(f"{module}: {size} of {every}: {dict(counts)}", flush=True)
    judged = total["killed"] + total["timeout"] + total["survived"]
    share = total["survived"] / judged if judged else 1.0
    minutes = (time.monotonic() - started) / 60
    print(f"{dict(total)}: {share:.1%} of {judged} judged mutants survived; {minutes:.1f} minutes")
    return int(broken or share > ALLOWED or total["not run"] + total["error"] > 0)


if __name__ == "__main__":
    sys.exit(main())
