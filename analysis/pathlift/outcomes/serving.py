"""Gives DuckDB the bytes of files on servers. Imported only where a declared path is an address.

DuckDB asks for a footer several times and in small pieces, and every piece would be a request; so
the end of each file is kept, and a little more is read than was asked for.
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final

from fsspec import AbstractFileSystem

from pathlift.errors import DataError, Problem
from pathlift.outcomes import stores
from pathlift.outcomes.remote import RemoteError
from pathlift.registry.addresses import SCHEMES, Address

_END: Final = 1 << 18  # of a file that is kept: footers of a few hundred columns and row groups
_AHEAD: Final = 1 << 20  # of a request; small pages lie side by side
_KEPT: Final = 256  # ends kept; 64 MiB at most


class Server(AbstractFileSystem):  # type: ignore[misc]  # fsspec ships no types
    """A file system of declared addresses, read only.

    Attributes
    ----------
    failed : list of Problem
        What went wrong in a statement: DuckDB turns an error of ours into text with a traceback.
    """

    protocol = SCHEMES
    cachable = False  # fsspec would give one engine the files of another

    def __init__(self, files: Iterable[Address]) -> None:
        super().__init__()
        self.failed: list[Problem] = []
        self._files = {str(file): file for file in files}
        self._sizes: dict[str, int] = {}
        self._ends: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path

    def glob(self, path: str, **_: Any) -> list[str]:
        """The file itself: DuckDB is given names, never patterns.

        Parameters
        ----------
        path : str
        **_
            Options of fsspec; none applies.

        Returns
        -------
        list of str
            Empty where it was not declared.
        """
        return [path] if path in self._files else []

    def exists(self, path: str, **_: Any) -> bool:
        """Whether it was declared.

        Parameters
        ----------
        path : str
        **_
            Options of fsspec; none applies.

        Returns
        -------
        bool
        """
        return path in self._files

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Name, kind and size of a file.

        Parameters
        ----------
        path : str
        **_
            Options of fsspec; none applies.

        Returns
        -------
        dict

        Raises
        ------
        OSError
            If a server cannot be asked; what happened lies in `failed`.
        """
        return {"name": path, "type": "file", "size": self.length(path)}

    def modified(self, path: str) -> datetime:
        """One moment for all: within a run a file does not change.

        Parameters
        ----------
        path : str

        Returns
        -------
        datetime
            UTC.
        """
        return datetime(2000, 1, 1, tzinfo=UTC)

    def open(self, path: str, mode: str = "rb", **_: Any) -> "_Handle":  # type: ignore[override,unused-ignore]
        """A handle that reads by ranges.

        Parameters
        ----------
        path : str
        mode : {'rb'}
        **_
            Options of fsspec; none applies.

        Returns
        -------
        file-like

        Raises
        ------
        OSError
            If a server cannot be asked; what happened lies in `failed`.
        """
        if mode != "rb" or path not in self._files:
            raise PermissionError("only declared files, and only to read")
        return _Handle(self, path, self.length(path))

    def length(self, path: str) -> int:
        """Bytes of a file, asked for once.

        Parameters
        ----------
        path : str

        Returns
        -------
        int

        Raises
        ------
        OSError
            If a server cannot be asked; what happened lies in `failed`.
        """
        if path not in self._sizes:
            try:
                self._sizes[path] = stores.size(self._files[path])
            except DataError as error:
                raise self._told(error) from None
        return self._sizes[path]

    def piece(self, path: str, start: int, end: int) -> bytes:
        """Bytes of a file, from its kept end where they lie there.

        Parameters
        ----------
        path : str
        start, end : int
            Positions from 0; `end` is the first byte that is not read.

        Returns
        -------
        bytes

        Raises
        ------
        OSError
            If a server cannot be asked; what happened lies in `failed`.
        """
        length = self.length(path)
        begins = max(0, length - _END)
        try:
            if start < begins:
                return stores.read(self._files[path], start, end)
            with self._lock:
                kept = self._ends.get(path)
            if kept is None:
                kept = stores.read(self._files[path], begins, length)
                with self._lock:
                    self._ends[path] = kept
                    while len(self._ends) > _KEPT:
                        self._ends.popitem(last=False)
        except DataError as error:
            raise self._told(error) from None
        return kept[start - begins : end - begins]

    def failure(self) -> RemoteError:
        """The first of what went wrong; then all is forgotten.

        Returns
        -------
        RemoteError
        """
        with self._lock:
            problem = self.failed[0]
            self.failed.clear()
        return RemoteError(problem, file=problem.subject)

    def _told(self, error: DataError) -> OSError:
        with self._lock:
            self.failed.extend(error.problems)
        return OSError("a file of a server cannot be read")


class _Handle:
    """A file that DuckDB reads: position, and the last bytes that came."""

    def __init__(self, server: Server, path: str, length: int) -> None:
        self._server, self._path, self._length = server, path, length
        self._at = 0
        self._from = 0
        self._bytes = b""
        self.closed = False

    def read(self, count: int = -1) -> bytes:
        """The next bytes; fewer only at the end of the file."""
        end = self._length if count < 0 else min(self._length, self._at + count)
        if not self._from <= self._at <= end <= self._from + len(self._bytes):
            ahead = min(self._length, max(end, self._at + _AHEAD))
            self._bytes = self._server.piece(self._path, self._at, ahead)
            self._from = self._at
        came = self._bytes[self._at - self._from : end - self._from]
        self._at = end
        return came

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go somewhere."""
        self._at = offset + (0, self._at, self._length)[whence]
        return self._at

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at

    def seekable(self) -> bool:
        """Yes."""
        return True

    def readable(self) -> bool:
        """Yes."""
        return True

    def flush(self) -> None:
        """Nothing is written."""

    def close(self) -> None:
        """Let the bytes go."""
        self._bytes = b""
        self.closed = True
