"""Is a path an address on a server, and what of it may be shown? Asks no server."""

import re
from collections.abc import Mapping
from typing import Any, Final

SCHEMES: Final = ("s3", "gs", "https", "http")
_REMOTE: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://")
_LISTED: Final = ("s3", "gs")  # what can say which files it has
_USER: Final = re.compile(r"://[^/?#]*@")


class AddressError(ValueError):
    """An address from which nothing can be read.

    Attributes
    ----------
    hint : str
        What to write instead.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Address(str):
    """A file on a server, or a glob of files; as text it is what may be shown.

    Attributes
    ----------
    query : str
        What is asked with it, such as ``?token=...``: goes to the server, and is never part of the
        text, so that it comes into no statement, result, log or message.

    Examples
    --------
    >>> one = Address.of("https://example.com/units.parquet?token=1a2b")
    >>> one, one.query, one.scheme
    ('https://example.com/units.parquet', '?token=1a2b', 'https')
    """

    __slots__ = ("query",)

    query: str

    @classmethod
    def of(cls, written: str) -> "Address":
        """Read an address.

        Parameters
        ----------
        written : str
            With a scheme of `SCHEMES`.

        Returns
        -------
        Address

        Raises
        ------
        AddressError
            If nothing can be read from it: another scheme, a user or password, no file, a wildcard
            where no server lists its files.
        """
        scheme, _, rest = written.partition("://")
        scheme = scheme.lower()
        _refuse(scheme, written)
        fixed, mark, query = rest.partition("?") if scheme not in _LISTED else (rest, "", "")
        fixed = fixed.partition("#")[0]
        host, _, path = fixed.partition("/")
        if not host or not path.strip("/"):
            raise AddressError(
                "the address names no file", f"as in {scheme}://{host or 'host'}/file.parquet"
            )
        if scheme not in _LISTED and any(sign in path for sign in "*["):
            raise AddressError(
                "a server of https:// does not list its files, so a wildcard finds none",
                "name every file, in a list",
            )
        made = cls(f"{scheme}://{fixed}")
        made.query = f"{mark}{query.partition('#')[0]}" if query else ""
        return made

    @classmethod
    def listed(cls, scheme: str, name: str) -> "Address":
        """Name a file that a server listed.

        Parameters
        ----------
        scheme : str
        name : str
            Bucket and key, whatever signs the key holds.

        Returns
        -------
        Address
        """
        made = cls(f"{scheme}://{name.lstrip('/')}")
        made.query = ""
        return made

    @property
    def scheme(self) -> str:
        """``s3``, ``gs``, ``https`` or ``http``."""
        return self.partition("://")[0]


def is_remote(path: str) -> bool:
    """Whether a path begins as an address does.

    Parameters
    ----------
    path : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_remote("s3://shop/events.parquet"), is_remote("logs/events.parquet")
    (True, False)
    """
    return _REMOTE.match(path) is not None


def without_queries(document: Mapping[str, Any]) -> dict[str, Any]:
    """A definition whose addresses are as they may be shown.

    Parameters
    ----------
    document : mapping
        Plain values of the file.

    Returns
    -------
    dict
        The same, without what is asked with an address in ``data``. A signature that is renewed
        every hour is no change of the definition.
    """
    shown = dict(document)
    if "data" in shown:
        shown["data"] = _without(shown["data"])
    return shown


def _without(value: Any) -> Any:
    if isinstance(value, str) and value.partition("://")[0].lower() in ("https", "http"):
        return value.partition("?")[0] if is_remote(value) else value
    if isinstance(value, dict):
        return {key: _without(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without(one) for one in value]
    return value


def _refuse(scheme: str, written: str) -> None:
    if scheme not in SCHEMES:
        raise AddressError(
            f"files of {scheme}:// cannot be read",
            "what can: s3://, gs://, https://, and paths of this machine",
        )
    if _USER.search(written):
        raise AddressError(
            "the address holds a user or password; a definition is read by many",
            "credentials come from the environment, see `Files elsewhere` in experiments/README.md",
        )
    if "\\" in written or any(ord(sign) < 33 for sign in written):
        raise AddressError("an address holds no spaces or backslashes", "write a space as %20")
