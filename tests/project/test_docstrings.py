"""Every public function says what goes in, what comes out and what it raises (numpydoc)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "analysis" / "pathlift"
COMMANDS = PACKAGE / "cli"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def public_functions(tree: ast.Module) -> Iterator[Function]:
    """Functions of a module and methods of its public classes, without properties."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    yield member


def described(text: str) -> list[str]:
    """Names in the Parameters section of a docstring; entries stand at its margin."""
    section = text.partition("Parameters\n----------\n")[2]
    section = re.split(r"\n[A-Z]\w+\n-{3,}", section)[0]
    entries = (line for line in section.splitlines() if line and not line.startswith(" "))
    return [
        name.strip().lstrip("*")
        for entry in entries
        for name in entry.partition(" : ")[0].split(",")
    ]


def missing(function: Function) -> Iterator[str]:
    """Sections that a function's docstring lacks."""
    text = ast.get_docstring(function) or ""
    arguments = [
        *function.args.posonlyargs,
        *function.args.args,
        *function.args.kwonlyargs,
        *filter(None, (function.args.vararg, function.args.kwarg)),
    ]
    named = [argument.arg for argument in arguments if argument.arg not in {"self", "cls"}]
    if named and "Parameters\n----------" not in text:
        yield "Parameters"
    elif named:
        said = described(text)
        yield from (f"the parameter {name}" for name in named if name not in said)
        yield from (f"an argument for {name}" for name in said if name not in named)
    returned = function.returns
    gives = returned is not None and not (
        isinstance(returned, ast.Constant) and returned.value is None
    )
    generator = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))
    if named and gives and not generator and "Returns\n-------" not in text:
        yield "Returns"


def shown_as_help(path: Path, function: Function) -> bool:
    """Commands: --help prints their docstring, where exit code and `common` would be no news."""
    return path.parent == COMMANDS and function.name.endswith("_command")


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_public_functions_say_what_goes_in_and_comes_out(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lacking = [
        f"{path.name}:{function.lineno} {function.name} lacks {section}"
        for function in public_functions(tree)
        for section in missing(function)
        if not (shown_as_help(path, function) and section in {"Returns", "the parameter common"})
        if not any(isinstance(d, ast.Name) and d.id == "property" for d in function.decorator_list)
    ]
    assert not lacking, "\n".join(lacking)
