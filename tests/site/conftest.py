"""A site of a registry with one of everything, written once."""

from datetime import date
from pathlib import Path

import pytest
from tests.site.registry import everything

from pathlift.site.entries import Site, read_site
from pathlift.site.pages import pages_of
from pathlift.site.writing import write_site

DAY = date(2026, 4, 20)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    registry, results = everything(tmp_path_factory.mktemp("registry"))
    return read_site(registry, results, DAY)


@pytest.fixture(scope="session")
def written(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "site"
    write_site(folder, pages_of(site))
    return folder
