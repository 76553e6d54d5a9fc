"""Where the folders on top lie: inside the installed package, or at the root of a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def queries_folder() -> Path:
    """Folder of the SQL files.

    Returns
    -------
    Path
        ``pathlift/queries`` of a wheel, else ``queries`` at the root of the checkout.
    """
    return _folder("queries")


def examples_folder() -> Path:
    """Folder of the worked examples.

    Returns
    -------
    Path
        ``pathlift/experiments`` of a wheel, else ``experiments`` at the root of the checkout.
    """
    return _folder("experiments")


def _folder(name: str) -> Path:
    packaged = _PACKAGE / name
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / name
