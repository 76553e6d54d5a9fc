"""What the methods of a result are, in the words of the vocabulary, with their sources."""

from collections.abc import Iterator

from pathlift.report.descriptive import descriptive_methods
from pathlift.report.facts import methods
from pathlift.result.model import Result
from pathlift.vocabulary.methods import METHODS, methods_in


def method_meanings(result: Result) -> tuple[tuple[str, str], ...]:
    """Every method that the result names, and what it is.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of (str, str)
        Name, as `pathlift explain` knows it, and a text that ends with its source.
    """
    used = {one.name for said in _said(result) for one in methods_in(said)}
    return tuple(
        (one.name, f"{one.text} ({one.source})" if one.source else one.text)
        for one in METHODS
        if one.name in used
    )


def _said(result: Result) -> Iterator[str]:
    yield from (method for method, _ in (*methods(result), *descriptive_methods(result)))
    yield from (test.test for test in result.omnibus)
    yield from (reading.method for reading in result.sensitivity)
    yield from (one.equivalence.method for one in result.estimates if one.equivalence)
    yield from (family.method for family in result.families)
    if result.conversion_times is not None:
        yield result.conversion_times.method
