"""`pathlift demo`: the worked example on simulated logs, with the truth beside every interval."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pathlift.cli.options import TALK, Talk
from pathlift.cli.scaffold import write_definition
from pathlift.cli.screen import color, counting, note, progress_bar, width, write
from pathlift.errors import PathliftError, Problem

if TYPE_CHECKING:
    from pathlift.result.model import Estimate, Result
    from pathlift.simulation import TruthTable

NAME = "journeys"
MARK = ".pathlift-demo"


def demo_command(folder: Path = Path("pathlift-demo"), *, common: Talk = TALK) -> None:
    """Simulate the worked example with a known truth, analyse it, and say where it lies.

    Parameters
    ----------
    folder : Path
        Receives the definition, Parquet, truth.json, result.json and report.html. An earlier demo
        is replaced; any other folder that is not empty is refused.
    """
    _claim(folder)
    from pathlift.pipeline import analyze
    from pathlift.registry.loading import load_experiment
    from pathlift.report.html import render_html
    from pathlift.report.text import render_text
    from pathlift.result.saving import record, to_json, write_whole
    from pathlift.result.truth import against_truth
    from pathlift.simulation import scenario, truth, write_logs, write_truth

    world = scenario(NAME)
    registry = folder / "experiments"
    definition = write_definition(NAME, registry)
    with progress_bar(common) as progress:
        facts = write_logs(
            world,
            registry,
            progress=counting("simulating", progress),
        )
        truth_file = write_truth(world, folder)
        result = analyze(
            load_experiment(definition),
            command=f"pathlift analyze {NAME} --registry {registry}",
            progress=progress,
        )
    saved = record(result, folder / "results")
    known = against_truth(saved.result, true_differences(saved.result, truth(world)))
    page, document = folder / "report.html", folder / "result.json"
    write_whole(document, to_json(saved.result))
    write_whole(page, render_html(saved.result, truth=known))
    write(render_text(saved.result, truth=known, width=width(), color=color(), brief=True))
    note(common, f"\n{facts.units:,} units and {facts.events:,} events, simulated")
    for what, path in (
        ("definition", definition),
        ("data", registry / "data" / NAME),
        ("truth", truth_file),
        ("result", document),
        ("report", page),
    ):
        note(common, f"{what + ':':<12}{path}")
    note(common, f"again:      pathlift analyze {NAME} --registry {registry}")


def true_differences(result: "Result", table: "TruthTable") -> Mapping[str, float]:
    """Truth of every estimate that the simulated world knows.

    Country and platform move nothing there, so what holds of an arm holds of each of their levels.
    Who returns holds more stages before exposure: of baseline states nothing is known here.

    Parameters
    ----------
    result : Result
        Of the simulated log.
    table : TruthTable
        Of its world.

    Returns
    -------
    mapping of str to float
        Difference to the control by id of the estimate; capped as the analysis capped.
    """
    caps = [e.adjustment.winsorized_at for e in result.estimates if e.metric == "revenue"]
    cap = next((cap for cap in caps if cap is not None), None)
    found = {}
    for estimate in result.estimates:
        true = _true_difference(estimate, table, cap)
        if true is not None:
            found[estimate.id] = true
    return found


def _true_difference(estimate: "Estimate", table: "TruthTable", cap: float | None) -> float | None:
    if "baseline_state" in (estimate.segment or ()):
        return None
    own = estimate.adjustment.winsorized_at
    try:
        return table.absolute(
            arm=estimate.arm,
            control=estimate.control,
            estimand=estimate.estimand,
            metric=estimate.metric,
            ordering=estimate.ordering,
            threshold=cap if own is None else own,
        )
    except KeyError:  # how the table says that it knows no truth of this
        return None


def _claim(folder: Path) -> None:
    """Make the folder ours, or refuse it: what lies in a stranger's folder is not overwritten."""
    mark = folder / MARK
    if folder.exists() and not mark.exists() and (not folder.is_dir() or any(folder.iterdir())):
        problem = "is there already, and is no earlier demo"
        raise PathliftError(
            [Problem(message=problem, subject=str(folder), hint="name another: pathlift demo DIR")]
        )
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text("Made by `pathlift demo`, which may replace it.\n", encoding="utf-8")
