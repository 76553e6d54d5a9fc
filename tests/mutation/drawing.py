"""Draw mutants of modules, each the whole source of its module with one thing changed."""

import ast
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import libcst


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: its module, the function that holds it, the line before and after."""

    path: Path
    source: str
    function: tuple[str, ...]
    """Name of the function, after that of its class if it is a method."""
    first: int
    last: int
    """Lines of the function."""
    line: int
    before: str
    after: str


def mutants_of(paths: Sequence[Path], count: int, seed: int) -> tuple[list[Mutant], int]:
    """Draw mutants over all modules with equal chances, without those that say nothing.

    Returns them in a drawn order, so that a run that is cut short judged a fair sample; and how
    many there are to draw from.
    """
    from mutmut.mutation.file_mutation import create_mutations

    found = [
        (path, module, mutation)
        for path in paths
        for module, mutations, _, _ in [create_mutations(str(path), path.read_text())]
        for mutation in mutations
        if isinstance(mutation.contained_by_top_level_function, libcst.FunctionDef)
    ]
    drawn: list[Mutant] = []
    for path, module, mutation in random.Random(seed).sample(found, len(found)):
        if len(drawn) == count:
            break
        changed = module.deep_replace(mutation.original_node, mutation.mutated_node)
        assert isinstance(changed, libcst.Module)
        if _shape(changed.code) != _shape(module.code):
            holder = mutation.contained_by_top_level_function
            assert holder is not None
            drawn.append(_mutant(path, module, changed.code, holder))
    return drawn, len(found)


def _mutant(path: Path, module: libcst.Module, source: str, holder: libcst.FunctionDef) -> Mutant:
    old, new = module.code.splitlines(), source.splitlines()
    pairs = enumerate(zip(old, new, strict=False))
    at = next((i for i, (a, b) in pairs if a != b), min(len(old), len(new)) - 1)
    name, first, last = _place(module.code, at + 1, holder.name.value)
    return Mutant(
        path=path,
        source=source,
        function=name,
        first=first,
        last=last,
        line=at + 1,
        before=old[at].strip(),
        after=new[at].strip(),
    )


def _place(code: str, line: int, name: str) -> tuple[tuple[str, ...], int, int]:
    """The function of that name around a line, with its class and its lines."""
    for node in ast.parse(code).body:
        prefix: tuple[str, ...] = (node.name,) if isinstance(node, ast.ClassDef) else ()
        for each in node.body if isinstance(node, ast.ClassDef) else [node]:
            if (
                isinstance(each, ast.FunctionDef)
                and each.name == name
                and each.lineno <= line <= (each.end_lineno or 0)
            ):
                return (*prefix, name), each.lineno, each.end_lineno or each.lineno
    raise ValueError(f"no function {name} around line {line}")


def _shape(source: str) -> str:
    """The syntax tree without what means nothing.

    That is the text of sentences (with a space), ``strict`` of ``zip``, and whether the subscripts
    of ``einsum`` are large letters or small ones.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip":
            node.keywords = []  # an assertion about lengths that are equal
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[0] if node.args else None
            if node.func.attr == "einsum" and isinstance(first, ast.Constant):
                first.value = str(first.value).lower()
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            node.value = ""
    return ast.dump(tree)
