"""Where the pages of a site are written. Pages that an earlier site left there are taken away."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from pathlift.errors import PathliftError, Problem
from pathlift.result.saving import write_whole

MANIFEST = "site.json"
"""Which pages are ours: only these are ever replaced or taken away."""

_SCHEMA = "pathlift.site/1"


def write_site(
    folder: Path,
    pages: Iterable[tuple[str, str]],
    *,
    written: Callable[[int], None] | None = None,
) -> tuple[Path, ...]:
    """Write the pages of a site.

    Parameters
    ----------
    folder : Path
        Empty, missing, or holding a site that was written before.
    pages : iterable of (str, str)
        Address below the folder, and text.
    written : callable, optional
        Told after each page how many there are.

    Returns
    -------
    tuple of Path
        In the order of the pages; the index comes first.

    Raises
    ------
    PathliftError
        If the folder holds something else, or cannot be written to.
    """
    before = _pages_before(folder)
    addresses: list[str] = []
    for address, text in pages:
        write_whole(folder / address, text)
        addresses.append(address)
        if written is not None:
            written(len(addresses))
    document = {"schema": _SCHEMA, "pages": addresses}
    write_whole(folder / MANIFEST, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    for gone in sorted(before - set(addresses)):
        _take_away(folder, gone)
    return tuple(folder / address for address in addresses)


def _pages_before(folder: Path) -> set[str]:
    """Pages of the site that lies there; refuses a folder that is somebody else's."""
    manifest = folder / MANIFEST
    if manifest.is_file():
        try:
            document = json.loads(manifest.read_text(encoding="utf-8"))
            known = document["schema"] == _SCHEMA
            pages = {str(page) for page in document["pages"]} if known else set()
        except (ValueError, KeyError, TypeError) as error:
            raise _not_ours(folder, f"its {MANIFEST} is none of ours") from error
        if not known:
            raise _not_ours(folder, f"its {MANIFEST} is of another version")
        return pages
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise _not_ours(folder, "it holds files that are no site of ours")
    return set()


def _not_ours(folder: Path, why: str) -> PathliftError:
    hint = "name an empty folder, or one that does not exist yet"
    message = f"is not written to: {why}"
    return PathliftError([Problem(message=message, subject=str(folder), hint=hint)])


def _take_away(folder: Path, address: str) -> None:
    """Remove a page of ours and the folder that it leaves empty; nothing outside the site."""
    path = folder / address
    if not path.resolve().is_relative_to(folder.resolve()):
        return
    path.unlink(missing_ok=True)
    if path.parent != folder and path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()
