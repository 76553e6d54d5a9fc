"""Files on servers: which there are, how long they are, and their bytes. Knows no experiment.

fsspec's file systems do the talking: s3fs, gcsfs, or its own for https. Their keys come from the
environment, and what they say when they fail is never repeated: it may hold a signature.
"""

import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pathlift.errors import Problem
from pathlift.outcomes.remote import RemoteError
from pathlift.registry.addresses import Address

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

PATIENCE: float = 30.0
"""Seconds that a server may be silent."""

_MODULE: Final = {"s3": "s3fs", "gs": "gcsfs", "https": "aiohttp", "http": "aiohttp"}
_EXTRA: Final = {"s3": "s3", "gs": "gcs", "https": "http", "http": "http"}
_KEYS: Final = {
    "s3": "keys come from AWS_PROFILE, AWS_ACCESS_KEY_ID or the machine's role; for a bucket that "
    "is open to all set FSSPEC_S3_ANON=true",
    "gs": "keys come from GOOGLE_APPLICATION_CREDENTIALS or the machine's role",
    "https": "headers come from the environment variable FSSPEC_HTTPS",
    "http": "headers come from the environment variable FSSPEC_HTTP",
}
_REFUSED: Final = (401, 403)

T = TypeVar("T")


def found(pattern: Address) -> tuple[Address, ...]:
    """Files that an address or glob means.

    Parameters
    ----------
    pattern : Address

    Returns
    -------
    tuple of Address
        Sorted; empty where a glob matches nothing. An address without a wildcard is itself,
        whether or not there is such a file: `size` tells.

    Raises
    ------
    RemoteError
        If the server cannot be asked.
    """
    if pattern.scheme not in ("s3", "gs") or not any(sign in pattern for sign in "*?["):
        return (pattern,)
    system = _system(pattern)

    def listed() -> list[str]:
        system.invalidate_cache()  # what was there a run ago may be gone
        return [name for name, info in _glob(system, pattern) if info.get("type") == "file"]

    names = _asked(pattern, listed)
    return tuple(sorted(Address.listed(pattern.scheme, name) for name in names))


def size(file: Address) -> int:
    """Bytes of a file.

    Parameters
    ----------
    file : Address

    Returns
    -------
    int

    Raises
    ------
    RemoteError
        If it is not there, may not be read, or the server does not tell.
    """
    system = _system(file)
    told = _asked(file, lambda: system.info(_whole(file)).get("size"))
    if told is None:
        raise _problem(
            file,
            "the server does not tell its size",
            "read it from one that answers HEAD and range requests, or copy the file",
        )
    return int(told)


def read(file: Address, start: int, end: int) -> bytes:
    """Some bytes of a file.

    Parameters
    ----------
    file : Address
    start, end : int
        Positions from 0; `end` is the first byte that is not read, and lies within the file.

    Returns
    -------
    bytes
        Exactly as many.

    Raises
    ------
    RemoteError
        If they cannot be read, or other bytes than these came.
    """
    if start == end:
        return b""
    system = _system(file)
    came: bytes = _asked(file, lambda: system.cat_file(_whole(file), start=start, end=end))
    if len(came) != end - start:
        raise _problem(
            file,
            "the server does not answer range requests"
            if len(came) > end - start
            else "the file became shorter while it was read",
            "read it from one that does, or copy the file" if len(came) > end - start else "",
        )
    return came


def _glob(system: "AbstractFileSystem", pattern: Address) -> list[tuple[str, dict[str, Any]]]:
    return list(system.glob(_whole(pattern), detail=True).items())


def _whole(file: Address) -> str:
    return f"{file}{file.query}"


def _system(file: Address) -> "AbstractFileSystem":
    """The file system of a scheme; fsspec keeps one of each alike."""
    module, extra = _MODULE[file.scheme], _EXTRA[file.scheme]
    try:
        importlib.import_module("fsspec")
        importlib.import_module(module)
    except ImportError:
        raise _problem(
            file,
            f"files of {file.scheme}:// need {module}, which is not installed",
            f"install it: pip install 'pathlift[{extra}]'; or copy the files",
        ) from None
    import fsspec

    system: AbstractFileSystem = fsspec.filesystem(file.scheme, **_settings(file.scheme))
    return system


def _settings(scheme: str) -> dict[str, Any]:
    if scheme == "s3":
        waits = {"connect_timeout": PATIENCE, "read_timeout": PATIENCE}
        return {"config_kwargs": {**waits, "retries": {"max_attempts": 2}}}
    if scheme in ("https", "http"):
        from aiohttp import ClientTimeout

        silence = ClientTimeout(total=None, sock_connect=PATIENCE, sock_read=PATIENCE)
        # proxies as the environment names them
        return {"client_kwargs": {"timeout": silence, "trust_env": True}}
    return {}


def _asked(file: Address, question: Callable[[], T]) -> T:
    """Ask a server; whatever it or its library says becomes a sentence of ours."""
    try:
        return question()
    except Exception as error:  # noqa: BLE001  every library has errors of its own, and all mean the same
        message, hint = _meaning(file, error)
    raise _problem(file, message, hint)  # outside: nothing of the library's error stays attached


def _meaning(file: Address, error: BaseException) -> tuple[str, str]:
    chain = tuple(_chain(error))
    names = " ".join(type(one).__name__ for one in chain)
    statuses = [status for one in chain if (status := _status(one)) is not None]
    host = file.partition("://")[2].partition("/")[0]
    if any(status in _REFUSED for status in statuses) or "PermissionError" in names:
        code = next((f" ({one})" for one in statuses if one in _REFUSED), "")
        return f"the server refuses to give it{code}", _KEYS[file.scheme]
    if "NoCredentials" in names or "DefaultCredentialsError" in names:
        return "no keys for it are found", _KEYS[file.scheme]
    if "Timeout" in names:
        return f"no answer within {PATIENCE:g} s", f"see whether {host} can be reached"
    if 404 in statuses or ("FileNotFoundError" in names and not statuses and "Client" not in names):
        return "there is no such file", "look at the address"
    if statuses:
        return f"the server answered {statuses[0]}", "try again later"
    if "Connect" in names or "Connection" in names or "Endpoint" in names:
        return "nobody answers there", f"see whether {host} can be reached"
    return f"it cannot be read ({type(chain[-1]).__name__})", _KEYS[file.scheme]


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _status(error: BaseException) -> int | None:
    answer = getattr(error, "response", None)
    meta = answer.get("ResponseMetadata", {}) if isinstance(answer, dict) else {}  # botocore's
    told: object = meta.get("HTTPStatusCode") or getattr(error, "status", None)
    if told is None and type(error).__module__.startswith("gcsfs"):
        told = getattr(error, "code", None)  # aiohttp's `code` warns when it is read
    return told if isinstance(told, int) else None


def _problem(file: Address, message: str, hint: str) -> RemoteError:
    return RemoteError(Problem(message=message, subject=str(file), hint=hint), file=file)
