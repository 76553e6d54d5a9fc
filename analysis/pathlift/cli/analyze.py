"""`pathlift analyze`: experiment and data in, decision out; printed and saved."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pathlift.cli.app import refusal
from pathlift.cli.completing import ExperimentName
from pathlift.cli.folders import definition_file, is_folder, results_folder
from pathlift.cli.grid import print_grid
from pathlift.cli.options import (
    DEFAULT,
    Common,
    Engine,
    Flag,
    TextFormat,
    refuse_no_memory,
)
from pathlift.cli.screen import color, complain, is_watched, note, progress_bar, width, write
from pathlift.errors import PathliftError, Problem

if TYPE_CHECKING:
    from pathlift.outcomes.engine import Engine as OpenEngine
    from pathlift.registry.experiment import Experiment
    from pathlift.result.model import Result

CHECK_FAILED = 3
GUARDRAIL_HARMED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How every experiment of one call is analysed."""

    as_of: date | None
    data_root: Path | None
    memory: str | None
    engine: Engine | None
    save: bool
    command: str
    common: Common


def analyze_command(
    what: ExperimentName,
    *,
    format: TextFormat = "text",
    as_of: date | None = None,
    data_root: Path | None = None,
    memory: str | None = None,
    engine: Engine | None = None,
    no_save: Annotated[bool, Flag] = False,
    strict: Annotated[bool, Flag] = False,
    common: Common = DEFAULT,
) -> int:
    """Estimate every metric of an experiment, decide, print and save the result.

    Exit code: 0 done, whatever came out; 1 the definition or the data were refused; 2 wrong usage.

    Parameters
    ----------
    what : str
        Name of an experiment, the path of a definition, or a folder of definitions.
    format : {"text", "json", "jsonl", "md"}
        How it is printed; json is one document, jsonl one line a result.
    as_of : date
        Last day that is read, in the experiment's time zone.
    data_root : Path
        Folder that relative data paths start at.
    memory : str
        Budget such as 4GB; else 60% of the machine.
    engine : {"duckdb", "spark"}
        What aggregates the data, else as the definition says; spark connects to SPARK_REMOTE.
    no_save : bool
        Write no result and no look; the result says that the look is unrecorded.
    strict : bool
        Exit with 3 if a check failed, with 4 if a guardrail was harmed.
    """
    refuse_no_memory(memory)
    options = Options(
        as_of=as_of,
        data_root=data_root,
        memory=memory,
        engine=engine,
        save=not no_save,
        command=_command(what, as_of, data_root, memory, engine, common),
        common=common,
    )
    if is_folder(what, common):
        results, problems, unsaved = _analyze_folder(Path(what), options)
        write(_printed(results, format, folder=True))
        _summarize(results, problems, format, common)
        for error in unsaved:
            complain(refusal(error))
        return 1 if problems or unsaved else _exit_code(results, strict=strict)
    from pathlift.registry.loading import load_experiment

    experiment = load_experiment(definition_file(what, common), data_root=data_root)
    result, unsaved_because = _analyze(experiment, options)
    write(_printed([result], format, folder=False))
    if format == "text" and width() is not None:  # on a terminal the verdict is out of sight
        _summarize([result], {}, format, common)
    if unsaved_because is not None:
        raise unsaved_because
    return _exit_code([result], strict=strict)


def _analyze_folder(
    folder: Path, options: Options
) -> tuple[list["Result"], dict[str, tuple[Problem, ...]], list[PathliftError]]:
    """Results, problems of refused experiments by file, and why results were not saved."""
    from pathlift.outcomes.choosing import engine_of_all
    from pathlift.registry.loading import load_folder

    experiments, refused = load_folder(folder, data_root=options.data_root)
    problems: dict[str, tuple[Problem, ...]] = {}
    for problem in refused:
        file = problem.at.file if problem.at else problem.subject
        problems[file] = (*problems.get(file, ()), problem)
    results: list[Result] = []
    unsaved: list[PathliftError] = []
    # a watched engine tells how far it is for one experiment
    shared = () if is_watched(options.common) else experiments
    with engine_of_all(shared, kind=options.engine, memory=options.memory) as engine:
        for number, experiment in enumerate(experiments, 1):
            about = f"{number} of {len(experiments)}, {experiment.name}:"
            try:
                result, unsaved_because = _analyze(experiment, options, about, engine)
            except PathliftError as error:  # the next experiment is not to blame
                if options.common.debug:
                    raise
                problems[experiment.file] = error.problems
                continue
            finally:
                if engine is not None:
                    engine.forget()
            results.append(result)
            unsaved += [] if unsaved_because is None else [unsaved_because]
    return results, problems, unsaved


def _analyze(
    experiment: "Experiment",
    options: Options,
    about: str = "",
    engine: "OpenEngine | None" = None,
) -> tuple["Result", PathliftError | None]:
    """The result, and why it could not be saved: a finished analysis is printed all the same."""
    from pathlift.pipeline import analyze
    from pathlift.result.looks import leave_unrecorded, read_ledger
    from pathlift.result.model import Looks
    from pathlift.result.saving import record

    common = options.common
    folder = results_folder(common)
    ledger = read_ledger(folder, experiment.name)
    with progress_bar(common, about) as progress:
        result = analyze(
            experiment,
            as_of=options.as_of,
            memory=options.memory,
            engine=engine,
            kind=options.engine,
            looks=Looks(
                method=experiment.analysis.looks.kind,
                look=None if options.save else "unrecorded",
                ledger=tuple(dict(line) for line in ledger),
            ),
            command=options.command,
            data_root=None if options.data_root is None else str(options.data_root),
            progress=progress,
        )
    if common.verbose:
        for step, seconds in result.provenance.seconds.items():
            note(common, f"{experiment.name}: {step} took {seconds:.2f} s")
        for source in result.data.sources:
            note(common, f"{experiment.name}: {source.name}, {source.rows:,} rows")
    if options.as_of is not None and result.data.watermark is None:
        note(common, f"{experiment.name}: no times in its data, so --as-of leaves nothing out")
    if not options.save:
        return leave_unrecorded(result, ledger), None
    try:
        saved = record(result, folder)
    except PathliftError as error:
        return leave_unrecorded(result, ledger), error
    note(common, f"saved {saved.path}")
    return saved.result, None


def _printed(results: Sequence["Result"], format: TextFormat, *, folder: bool) -> str:
    match format:
        case "json":
            from pathlift.report.json import render_json

            return render_json(results if folder else results[0])
        case "jsonl":
            from pathlift.report.json import render_jsonl

            return render_jsonl(results)
        case "md":
            from pathlift.report.markdown import render_markdown

            return "\n".join(render_markdown(result) for result in results)
        case "text":
            from pathlift.report.text import render_text

            columns, colored = width(), color()
            texts = (render_text(result, width=columns, color=colored) for result in results)
            return "\n\n".join(texts)


def _summarize(
    results: Sequence["Result"],
    problems: dict[str, tuple[Problem, ...]],
    format: TextFormat,
    common: Common,
) -> None:
    for found in problems.values():
        complain(refusal(PathliftError(found)))
    if format != "text":
        note(common, f"{len(results)} analysed, {len(problems)} refused")
        return
    from pathlift.report.facts import verdict_words

    rows = [
        (result.experiment.name, verdict_words(result), *_number(result), _checks(result))
        for result in results
    ]
    rows += [
        (Path(file).stem or file, "Refused", _several(found), "", "", "")
        for file, found in problems.items()
    ]
    if rows:
        write("\n" if results else "")
        print_grid(
            ("Experiment", "Verdict", "Difference", "p", "Of", "Checks"),
            rows,
            folded=("Verdict", "Difference"),
            below="Of",
        )


def _number(result: "Result") -> tuple[str, str, str]:
    """The number that the verdict is about, its p, and what it is."""
    from pathlift.report.facts import deciding_row

    row = deciding_row(result)
    if row is None:
        return "checks only", "", ""
    of = f"{row.estimate.metric}, {row.estimate.arm} vs {row.estimate.control}"
    if row.reason:
        return "not estimated", "", f"{of}: {row.reason}"
    interval = row.difference_interval.removesuffix(" pp")  # the unit stands beside the number
    return f"{row.difference} ({interval})", row.p, of


def _checks(result: "Result") -> str:
    """How many checks failed and warned."""
    counted = {
        word: sum(check.severity == severity for check in result.checks)
        for severity, word in (("fail", "failed"), ("warn", "warned"))
    }
    return ", ".join(f"{many} {word}" for word, many in counted.items() if many) or "passed"


def _several(problems: Sequence[Problem]) -> str:
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"


def _exit_code(results: Sequence["Result"], *, strict: bool) -> int:
    if not strict:
        return 0
    if any(check.severity == "fail" for result in results for check in result.checks):
        return CHECK_FAILED
    harmed = any(
        estimate.conclusion == "harmed" for result in results for estimate in result.estimates
    )
    return GUARDRAIL_HARMED if harmed else 0


def _command(
    what: str,
    as_of: date | None,
    data_root: Path | None,
    memory: str | None,
    engine: Engine | None,
    common: Common,
) -> str:
    """The line that gives the same result; what only changes the printing is left out."""
    words = ["pathlift", "analyze", what]
    for option, value in (
        ("--as-of", as_of),
        ("--data-root", data_root),
        ("--memory", memory),
        ("--engine", engine),
        ("--registry", common.registry),
    ):
        if value is not None:
            words += [option, str(value)]
    return shlex.join(words)
