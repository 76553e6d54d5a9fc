"""Which settings are spoken for, but not built yet? Refusing them keeps their names free."""

from collections.abc import Iterator
from typing import Any, Final

from pathlift.registry.findings import Findings
from pathlift.registry.written import Loc

_KEYS: Final[tuple[Loc, ...]] = (("metrics", "*", "combine"),)
_HINT: Final = "leave it out until a version that has it"


def refuse_reserved(findings: Findings, document: dict[str, Any]) -> None:
    """Report settings that are not built yet, and take them out of the document.

    Parameters
    ----------
    findings : Findings
    document : dict
        Plain values of the file; changed in place, so that reading can go on.
    """
    for pattern in _KEYS:
        for parent, loc in list(_matching(document, pattern)):
            findings.add_at_key(f"`{loc[-1]}` is not supported yet", *loc, hint=_HINT)
            _take_out(findings, parent, loc)


def _matching(document: dict[str, Any], pattern: Loc) -> Iterator[tuple[dict[str, Any], Loc]]:
    level: list[tuple[Any, Loc]] = [(document, ())]
    for part in pattern[:-1]:
        level = [
            (value, (*loc, key))
            for node, loc in level
            if isinstance(node, dict)
            for key, value in node.items()
            if part in ("*", key)
        ]
    for node, loc in level:
        if isinstance(node, dict) and pattern[-1] in node:
            yield node, (*loc, pattern[-1])


def _take_out(findings: Findings, parent: dict[str, Any], loc: Loc) -> None:
    findings.touched.add(loc)
    del parent[str(loc[-1])]
