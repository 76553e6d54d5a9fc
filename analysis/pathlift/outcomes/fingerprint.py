"""Which data a result is about: a hash that changes when a file does."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pathlift.outcomes.described import Described
from pathlift.outcomes.files import form_of
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
            _add(digest, shown(file, experiment), str(Path(file).stat().st_size))
            _add_content(digest, Path(file))
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
    return tuple(_content_digest(Path(file)) for file in one.files)


def _content_digest(file: Path) -> str:
    digest = hashlib.sha256()
    size = file.stat().st_size
    _add(digest, str(size))
    if size <= _BLOCK:  # small files may agree in every bound that a footer holds
        digest.update(file.read_bytes())
    else:
        _add_content(digest, file)
    return digest.hexdigest()[:16]


def _add(digest: "hashlib._Hash", *parts: str) -> None:
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "little"))  # so that no two lists read alike
        digest.update(encoded)


def _add_content(digest: "hashlib._Hash", file: Path) -> None:
    with file.open("rb") as opened:
        if form_of(str(file)) == "parquet":
            opened.seek(-8, 2)
            length = int.from_bytes(opened.read(4), "little")
            opened.seek(-8 - length, 2)
            digest.update(opened.read(length))
            return
        while block := opened.read(_BLOCK):
            digest.update(block)
