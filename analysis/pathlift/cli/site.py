"""`pathlift site`: static pages of the whole registry."""

from pathlib import Path

from pathlift.cli.folders import registry_folder, results_folder
from pathlift.cli.options import DEFAULT, Common
from pathlift.cli.screen import counting, note, progress_bar, write


def site_command(folder: Path, *, common: Common = DEFAULT) -> None:
    """Write static pages of the whole registry: an index, histories, reports, the portfolio.

    Open index.html from disk, or copy the folder to any server. An older site there is replaced.

    Parameters
    ----------
    folder : Path
        Empty, missing, or holding a site that was written before.
    """
    from datetime import UTC, datetime

    from pathlift.site.entries import read_site
    from pathlift.site.pages import number_of_pages, pages_of
    from pathlift.site.writing import write_site

    today = datetime.now(UTC).date()
    site = read_site(registry_folder(common), results_folder(common), today)
    pages = number_of_pages(site)
    with progress_bar(common) as progress:
        told = counting("writing pages", progress)
        paths = write_site(
            folder,
            pages_of(site),
            written=None if told is None else lambda done: told(done, pages),
        )
    write(f"{paths[0]}\n")
    experiments = len(site.entries)
    note(common, f"{pages} pages of {experiments} experiment{'' if experiments == 1 else 's'}")
    unread = sum(len(entry.history.unread) for entry in site.entries)
    refused = sum(bool(entry.problems) for entry in site.entries)
    if unread or refused or site.problems:
        note(
            common,
            f"refused definitions: {refused}; saved files that cannot be read: {unread}; "
            "the pages say why",
        )
