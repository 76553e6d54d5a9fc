"""`pathlift report`: a saved result, rendered."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pathlift.cli.completing import ResultName
from pathlift.cli.folders import saved_result
from pathlift.cli.options import DEFAULT, Common, Flag, ReportFormat, UsageError
from pathlift.cli.screen import color, progress_bar, width, write

if TYPE_CHECKING:
    from pathlift.result.model import Result

_BY_SUFFIX: dict[str, ReportFormat] = {
    ".html": "html",
    ".htm": "html",
    ".md": "md",
    ".json": "json",
    ".txt": "text",
}
STDOUT = Path("-")


def report_command(
    what: ResultName,
    *,
    output: Annotated[
        Path | None, Parameter(name=["--output", "-o"], metavar="FILE", allow_leading_hyphen=True)
    ] = None,
    format: ReportFormat | None = None,
    open: Annotated[bool, Flag] = False,
    common: Common = DEFAULT,
) -> None:
    """Render a saved result as a page, Markdown, JSON or text.

    Parameters
    ----------
    what : str
        Name of an experiment, whose latest result is taken, or the file of a result.
    output : Path
        File to write, - for stdout; else a page is written beside the result, and anything else
        goes to stdout.
    format : {"html", "md", "json", "text"}
        Else what the name of the output says, else html.
    open : bool
        Show the page in the browser.
    """
    from pathlift.result.saving import load, write_whole

    path = Path(what) if _is_file(what) else saved_result(what, common)
    result = load(path)
    chosen = format or _rendering_of(output)
    if open and (chosen != "html" or output == STDOUT):
        raise UsageError("--open shows a page: it needs html, written to a file")
    to_file = output is not None and output != STDOUT
    if output is None and chosen == "html":
        output, to_file = path.with_suffix(".html"), True
    match chosen:
        case "html":
            text = _page(result, common)
        case "md":
            from pathlift.report.markdown import render_markdown

            text = render_markdown(result)
        case "json":
            from pathlift.report.json import render_json

            text = render_json(result)
        case "text":
            from pathlift.report.text import render_text

            text = render_text(
                result,
                width=None if to_file else width(),
                color=not to_file and color(),
            )
    if not to_file or output is None:
        write(text)
        return
    write_whole(output, text)
    write(f"{output}\n")
    if open:
        import webbrowser

        webbrowser.open(output.resolve().as_uri())


def _page(result: "Result", common: Common) -> str:
    """The page; one of a large experiment takes longer than a second."""
    with progress_bar(common) as progress:
        if progress is not None:
            progress("rendering", 0.0)
        from pathlift.report.html import render_html

        return render_html(result)


def _rendering_of(output: Path | None) -> ReportFormat:
    """What the name of the output says; a page where it says nothing."""
    suffix = output.suffix.lower() if output else ""
    if suffix and suffix not in _BY_SUFFIX:
        raise UsageError(
            f"{output}: a report is .html, .md, .json or .txt; --format writes one of them "
            "under another name"
        )
    return _BY_SUFFIX.get(suffix, "html")


def _is_file(what: str) -> bool:
    return what.endswith(".json") or Path(what).is_file()
