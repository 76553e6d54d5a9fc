"""Draws docs/report.png: parts of the demo's report, as a browser shows them.

Run from the root of a checkout after the page has changed: ``python docs/draw_report.py``. Needs
the developers' tools and Chromium. The picture is kept small with a palette of 256 colours.
"""

import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import sync_playwright

TARGET = Path(__file__).with_name("report.png")
WIDTH = 1280
SHOWN = ("verdict", "flow", "incidence")
ONLY = """
    shown => {
        for (const section of document.querySelectorAll('section'))
            if (!shown.includes(section.id)) section.remove();
        const panels = [...document.querySelectorAll('#incidence h3, #incidence h3 ~ *')];
        const second = panels.findIndex((each, place) => place && each.tagName === 'H3');
        panels.slice(second).forEach(each => each.remove());
        document.querySelectorAll('.notes').forEach(each => each.remove());
        document.body.style.padding = '1rem 1.25rem';
    }
"""


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        demo = [sys.executable, "-m", "pathlift", "demo", folder, "--quiet"]
        subprocess.run(demo, check=True, stdout=subprocess.DEVNULL)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme="light")
            page.goto((Path(folder) / "report.html").as_uri())
            page.evaluate(ONLY, list(SHOWN))
            picture = page.screenshot(full_page=True)
            browser.close()
    TARGET.write_bytes(paletted(pixels(picture)))


def chromium() -> str:
    """The browser that the tests use too."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise SystemExit("no Chromium on the path")
    return found


def pixels(png: bytes) -> NDArray[np.uint8]:
    """Pixels of a PNG of eight-bit colours, shape (height, width, 3)."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    depth = {2: 3, 6: 4}[kind]
    packed, at = b"", 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            packed += png[at + 8 : at + 8 + size]
        at += size + 12
    rows = np.frombuffer(zlib.decompress(packed), dtype=np.uint8).reshape(height, -1)
    lines, above = [], np.zeros(width * depth, dtype=np.uint8)
    for row in rows:
        above = unfiltered(int(row[0]), row[1:], above, depth)
        lines.append(above)
    return np.stack(lines).reshape(height, width, depth)[:, :, :3]


def unfiltered(
    kind: int, row: NDArray[np.uint8], above: NDArray[np.uint8], depth: int
) -> NDArray[np.uint8]:
    """Undo one of the five filters of PNG (its specification, section 9.2)."""
    if kind == 0:
        return row.copy()
    if kind == 2:
        return row + above
    line = bytearray(row.tobytes())
    over = above.tobytes()
    for place, value in enumerate(line):
        left = line[place - depth] if place >= depth else 0
        corner = over[place - depth] if place >= depth else 0
        up = over[place]
        guess = {1: left, 3: (left + up) // 2, 4: paeth(left, up, corner)}[kind]
        line[place] = (value + guess) % 256
    return np.frombuffer(bytes(line), dtype=np.uint8)


def paeth(left: int, up: int, corner: int) -> int:
    """The neighbour nearest to ``left + up - corner``."""
    near = left + up - corner
    return min((left, up, corner), key=lambda one: abs(near - one))


def distances(some: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Squared distances of colours, shape (some, others)."""
    apart = some[:, None, :].astype(np.int64) - others[None, :, :].astype(np.int64)
    return np.asarray((apart**2).sum(axis=2))


def paletted(colours: NDArray[np.uint8]) -> bytes:
    """A PNG whose pixels take the nearest of 256 colours: frequent ones, and rare ones apart."""
    flat, places, counts = np.unique(
        colours.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    chosen = list(np.argsort(-counts)[:128])
    apart = distances(flat, flat[chosen]).min(axis=1)
    while len(chosen) < 256:
        chosen.append(int(apart.argmax()))
        apart = np.minimum(apart, distances(flat, flat[chosen[-1:]])[:, 0])
    palette = flat[chosen]
    nearest = distances(flat, palette).argmin(axis=1).astype(np.uint8)
    height, width, _ = colours.shape
    rows = nearest[places.reshape(-1)].reshape(height, width)
    raw = np.concatenate((np.zeros((height, 1), dtype=np.uint8), rows), axis=1).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(raw, 9)))
    chunks = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (*parts, (b"IEND", b""))
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


if __name__ == "__main__":
    main()
