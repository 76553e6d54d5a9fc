"""A web server of this machine alone: gives a folder's files by ranges, and fails on request."""

import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Web:
    """What the server gives and what it was asked.

    Attributes
    ----------
    folder : Path
    address : str
        Such as ``http://127.0.0.1:4711``.
    asked : list of (str, str, str)
        Method, path with query, and range.
    status : dict of str to int
        Answered in place of a file, by the end of its path.
    ranges : bool
        Whether ranges are heeded.
    silent : bool
        Whether it never answers.
    refused_below : int
        Ranges that begin before this byte of a file of more than 256 KiB are refused.
    """

    folder: Path
    address: str = ""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    status: dict[str, int] = field(default_factory=dict)
    ranges: bool = True
    silent: bool = False
    refused_below: int = 0


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell all but this: who waited in vain has hung up, maybe during somebody else's test."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def web_of(folder: Path) -> Iterator[Web]:
    """Serve a folder on a free port of the loopback device."""
    web = Web(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def _answer(self, *, body: bool) -> None:
            wanted = self.headers.get("Range", "")
            web.asked.append((self.command, self.path, wanted))
            if web.silent:
                time.sleep(2)
            path = urlsplit(self.path).path
            status = next((code for end, code in web.status.items() if path.endswith(end)), 0)
            file = web.folder / path.lstrip("/")
            if status or not file.is_file():
                self._send(status or 404, b"SECRET-IN-BODY " + self.path.encode(), body=body)
                return
            content = file.read_bytes()
            found = re.match(r"bytes=(\d+)-(\d+)", wanted)
            if found and int(found[1]) < web.refused_below and len(content) > 1 << 18:
                self._send(403, b"SECRET-IN-BODY", body=body)
                return
            if found and web.ranges:
                start, end = int(found[1]), int(found[2]) + 1
                self._send(206, content[start:end], body=body)
            else:
                self._send(200, content, body=body)

        def _send(self, status: int, content: bytes, *, body: bool) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if web.ranges:
                self.send_header("Accept-Ranges", "bytes")
            self.end_headers()
            if body:
                self.wfile.write(content)

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
