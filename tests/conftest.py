"""What every test may lean on: how hard hypothesis tries, and where the real data lies."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

CHECKOUT = Path(__file__).parents[1]

# No deadline: two busy cores make honest examples slow. Derandomised: a red run is red again.
settings.register_profile("ci", max_examples=50, derandomize=True, deadline=None)
settings.register_profile(
    "long",
    max_examples=1_000,
    deadline=None,
    print_blob=True,  # draws anew each time, so a failure has to be told on
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of the real experiments: PATHLIFT_DATA, else ``shared/data`` beside the checkout."""
    return _folder("PATHLIFT_DATA", CHECKOUT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def reference_folder() -> Path:
    """Folder of answers by others: PATHLIFT_REFERENCE, else ``shared/reference`` beside it."""
    return _folder("PATHLIFT_REFERENCE", CHECKOUT.parent / "shared" / "reference")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, which asks nothing of anybody; its tests skip where it is not installed."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium on the path")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        opened = playwright.chromium.launch(executable_path=path, args=quiet)
        yield opened
        opened.close()


def _folder(variable: str, beside: Path) -> Path:
    named = os.environ.get(variable)
    if named is None:
        if not beside.is_dir():
            pytest.skip(f"no folder ../{beside.relative_to(CHECKOUT.parent)}; {variable} names one")
        return beside
    folder = Path(named).expanduser()
    if not folder.is_dir():
        pytest.fail(f"{variable} names {named}, which is not a folder")
    return folder.resolve()
