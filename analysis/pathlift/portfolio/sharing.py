"""Do two experiments count the same units? As far as their saved results can tell.

Effects of experiments that share units, or a control, are not independent, and a combination that
takes them as such would be surer than it may be.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from pathlift.errors import Problem
from pathlift.portfolio.reading import Found
from pathlift.result.model import Result

_UNITS = ("exposures", "units", "totals")


def shared_units(found: Sequence[Found]) -> tuple[Problem, ...]:
    """Pairs of results over the same data.

    Parameters
    ----------
    found : sequence of Found

    Returns
    -------
    tuple of Problem
        One for each pair of one experiment, of one fingerprint, or with a file in common that says
        which units there are.
    """
    return tuple(problem for one, other in combinations(found, 2) for problem in _of(one, other))


def shared_logs(found: Sequence[Found]) -> tuple[tuple[str, str], ...]:
    """Pairs that seem to read one log of events.

    Parameters
    ----------
    found : sequence of Found
        Without shared units.

    Returns
    -------
    tuple of (str, str)
        Names. One log may hold the events of everybody, so this alone says nothing of units.
    """
    return tuple(
        (one.name, other.name)
        for one, other in combinations(found, 2)
        if _root(one.result) == _root(other.result)
        and _names(one.result, ("events",)) & _names(other.result, ("events",))
    )


def _of(one: Found, other: Found) -> Iterator[Problem]:
    pair = f"{one.name} and {other.name}"
    hint = f"leave one out: `--without {other.name}`"
    if one.name == other.name:
        yield Problem(
            message=f"two results of {one.name!r}: {one.path} and {other.path}",
            hint="keep the one to be combined; both count the same units",
        )
    elif one.result.data.fingerprint == other.result.data.fingerprint:
        yield Problem(
            message=f"{pair} have the same data (fingerprint "
            f"{one.result.data.fingerprint[:8]}), so the same units",
            hint=hint,
        )
    elif common := _common(one.result, other.result):
        files = ", ".join(common[:3]) + (f" and {len(common) - 3} more" if common[3:] else "")
        yield Problem(
            message=f"{pair} take their units from the same data: {files}",
            hint=f"{hint}; where conditions keep the units apart, write each experiment's to a "
            "file of its own",
        )


def _common(one: Result, other: Result) -> list[str]:
    """Files that both read units from: by what they hold, else by name below the same root."""
    mine, theirs = _digests(one), _digests(other)
    if mine and theirs:
        return sorted({mine[digest] for digest in mine.keys() & theirs.keys()})
    if _root(one) != _root(other):
        return []
    return sorted(_names(one, _UNITS) & _names(other, _UNITS))


def _digests(result: Result) -> dict[str, str]:
    """Files by the digest of what they hold; empty in results that were saved without."""
    return {
        digest: file
        for source in result.data.sources
        if source.name in _UNITS and len(source.digests) == len(source.files)
        for digest, file in zip(source.digests, source.files, strict=True)
    }


def _names(result: Result, sources: tuple[str, ...]) -> set[str]:
    return {
        file for source in result.data.sources if source.name in sources for file in source.files
    }


def _root(result: Result) -> str:
    """Where relative files start, as far as the result says."""
    root = result.provenance.data_root
    return result.experiment.file.rpartition("/")[0] if root is None else root
