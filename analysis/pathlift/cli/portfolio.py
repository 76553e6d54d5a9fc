"""`pathlift portfolio`: one contrast over many experiments."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pathlift.cli.folders import results_folder
from pathlift.cli.options import DEFAULT, Common
from pathlift.cli.screen import color, progress_bar, width, write


def portfolio_command(
    folder: Path | None = None,
    *,
    metric: str | None = None,
    window: str | None = None,
    without: Annotated[
        tuple[str, ...], Parameter(consume_multiple=True, negative="", metavar="NAME")
    ] = (),
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], metavar="FILE")] = None,
    format: Literal["text", "json", "md", "html"] | None = None,
    common: Common = DEFAULT,
) -> None:
    """Combine each contrast over all experiments whose results were saved.

    Pairs of treatments, and orderings that converted, by random effects: does content beat search
    over all we ran, and through which ordering? Experiments that share units are refused.

    Parameters
    ----------
    folder : Path
        Of saved results; else --results.
    metric : str
        Whose effect is combined; else the outcome of each experiment.
    window : str
        Of the experiments that are combined, such as 14d; else the most common one.
    without : tuple of str
        Experiments to leave out.
    output : Path
        File to write; else stdout.
    format : {"text", "json", "md", "html"}
        Else what the name of the output says, else text.
    """
    import sys

    from pathlift.portfolio.combining import combine_folder
    from pathlift.report.portfolio import (
        render_portfolio_html,
        render_portfolio_json,
        render_portfolio_markdown,
        render_portfolio_text,
    )
    from pathlift.result.saving import write_whole

    with progress_bar(common) as progress:
        found = combine_folder(
            folder or results_folder(common),
            metric=metric,
            window=window,
            without=without,
            command=" ".join(("pathlift", *sys.argv[1:])),
            progress=progress,
        )
    chosen = format or _BY_SUFFIX.get(output.suffix.lower() if output else "", "text")
    match chosen:
        case "html":
            text = render_portfolio_html(found)
        case "md":
            text = render_portfolio_markdown(found)
        case "json":
            text = render_portfolio_json(found)
        case _:
            to_screen = output is None
            text = render_portfolio_text(
                found, width=width() if to_screen else None, color=to_screen and color()
            )
    if output is None:
        write(text)
        return
    write_whole(output, text)
    write(f"{output}\n")


_BY_SUFFIX = {".html": "html", ".htm": "html", ".md": "md", ".json": "json"}
