"""Which data a result is about: a hash that changes when a file does."""

import hashlib
from collections.abc import Mapping

from pathlift.outcomes.described import Described
from pathlift.outcomes.files import bytes_of, form_of, size_of
from pathlift.outcomes.sources import shown
from pathlift.registry.experiment import Experiment

_BLOCK = 1 << 20
_UNITS = ("exposures", "units", "totals")


def fingerprint(described: Mapping[str, Described], experiment: Experiment) -> str:
    """SHA-256 over names, sizes, row counts, Parquet footers and the text of CSV files.

    Parameters
    ----------
    described : mapping of str to Described
    experiment : Experiment
        Its data root, so that moving the whole folder changes nothing.

    Returns
    -------
    str
        64 hexadecimal digits. A change inside a Parquet page that keeps its size and statistics is
        not seen; writers put sizes and bounds of every column into the footer.
    """
    digest = hashlib.sha256()
    for name, one in sorted(described.items()):
        _add(digest, name, str(one.rows))
        for file in one.files:
            size = size_of([file])
            _add(digest, shown(file, experiment), str(size))
            _add_content(digest, file, size)
    return digest.hexdigest()


def content_digests(one: Described) -> tuple[str, ...]:
    """What each file of a source of units holds, whatever its name: equal where they are copies.

    Parameters
    ----------
    one : Described

    Returns
    -------
    tuple of str
        16 hexadecimal digits a file, in the order of its files, over its size and its footer, or
        all of it up to 1 MiB and where it is CSV; empty for a source that does not say which units
        there are, such as events.
    """
    if one.source.name not in _UNITS:
        return ()
    return tuple(_content_digest(file) for file in one.files)


def _content_digest(file: str) -> str:
    digest = hashlib.sha256()
    size = size_of([file])
    _add(digest, str(size))
    if size <= _BLOCK:  # small files may agree in every bound that a footer holds
        digest.update(bytes_of(file, 0, size))
    else:
        _add_content(digest, file, size)
    return digest.hexdigest()[:16]


def _add(digest: "hashlib._Hash", *parts: str) -> None:
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "little"))  # so that no two lists read alike
        digest.update(encoded)


def _add_content(digest: "hashlib._Hash", file: str, size: int) -> None:
    if form_of(file) == "parquet":
        ends = bytes_of(file, size - 8, size - 4)
        digest.update(bytes_of(file, size - 8 - int.from_bytes(ends, "little"), size - 8))
        return
    for start in range(0, size, _BLOCK):
        digest.update(bytes_of(file, start, min(size, start + _BLOCK)))
