"""The command `pathlift`: which commands there are, and what an error looks like.

Every command is a string that is resolved when it is called, and imports engines inside its body:
`--help` loads none of them.
"""

import io
import os
import sys
import time
from collections.abc import Sequence

from cyclopts import App

from pathlift.cli.options import UsageError
from pathlift.cli.screen import complain
from pathlift.errors import PathliftError

COMMANDS: tuple[tuple[str, str], ...] = (
    ("demo", "Simulate the worked example with a known truth, analyse it, and say where it lies."),
    ("init", "Make a new registry: one commented experiment and small data, ready to analyse."),
    ("check", "Refuse or accept definitions."),
    ("list", "List the experiments of the registry."),
    ("show", "Say in words what one experiment is."),
    ("schema", "Print the JSON Schema of a definition or of a result."),
    ("sql", "Print the SQL that an analysis runs."),
    ("analyze", "Estimate every metric of an experiment, decide, print and save the result."),
    ("compare", "Compare the arms of a table with one row per unit, without a definition."),
    ("report", "Render a saved result as a page, Markdown, JSON or text."),
    ("plan", "Say how many units and days an experiment needs, and what it can find."),
    ("lock", "Freeze the plan of an experiment before launch."),
    ("diff", "Say what changed between two results."),
    ("portfolio", "Combine each contrast over all experiments whose results were saved."),
    ("explain", "Say what a check, a method, a status or another word of a result means."),
    ("site", "Write static pages of the whole registry: index, histories, reports, portfolio."),
    ("calibrate", "Measure error rates, coverage and power of every method on simulated data."),
    ("doctor", "Say whether this machine has what an analysis needs, and what to do if not."),
    ("completion", "Print the script that completes commands, options and names in a shell."),
    ("aa", "Measure false positives, coverage and power of an analysis on its own data."),
    ("simulate", "Write Parquet logs with a known truth, and the truth."),
)

STOPPED = 130  # what a shell says of a program that Ctrl-C ended: 128 and SIGINT's number

_COMPLETE = "__complete"  # how the scripts of cyclopts ask

# Options of `Common`, and whether a value follows: they may stand before the command as well.
_EVERYWHERE = {
    "--registry": True,
    "--results": True,
    "--quiet": False,
    "-q": False,
    "--verbose": False,
    "-v": False,
    "--debug": False,
}


def build_app() -> App:
    """Put the commands together; none of them is imported yet.

    Returns
    -------
    App
    """
    app = App(
        name="pathlift",
        help="Does it matter in which order a shopper meets need, touchpoint and trust?",
        help_format="plaintext",
        version=_version,
        result_action="return_value",
        suppress_keyboard_interrupt=False,  # told apart in `run`, with what DuckDB makes of it
    )
    for name, summary in COMMANDS:
        module = f"pathlift.cli.{name}"
        app.command(f"{module}:{name}_command", name=name, help=summary)
    return app


def _version() -> str:
    from importlib.metadata import version  # 25 ms that only --version needs

    return version("pathlift")


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an old locale would stumble over a minus sign
            stream.reconfigure(encoding="utf-8")
    sys.exit(run(sys.argv[1:]))


def run(tokens: Sequence[str]) -> int:
    """Run one command line.

    Parameters
    ----------
    tokens : sequence of str
        Without the name of the program.

    Returns
    -------
    int
        0 done; 1 the definition or the data were refused; 2 wrong usage; with ``--strict`` 3 a
        check failed, 4 a guardrail was harmed; 130 a person stopped it.
    """
    begin = time.perf_counter()
    try:
        code = build_app()(common_last(tokens))
        sys.stdout.flush()
    except SystemExit as leaving:  # cyclopts leaves with 2 after it has printed a usage error
        return leaving.code if isinstance(leaving.code, int) else 1
    except UsageError as error:
        complain(str(error))
        return 2
    except PathliftError as error:
        if "--debug" in tokens:
            raise
        complain(refusal(error))
        return 1
    except BrokenPipeError:  # `pathlift list | head`: nobody reads on, and that is no error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, Exception) as error:
        if "--debug" in tokens or not _stopped_by_a_person(error):
            raise
        complain("stopped")
        return STOPPED
    if {"--verbose", "-v"} & set(tokens):
        complain(f"took {time.perf_counter() - begin:.2f} s")
    return code if isinstance(code, int) else 0


def _stopped_by_a_person(error: BaseException) -> bool:
    """Whether this is Ctrl-C, or what DuckDB makes of it while a query runs."""
    return isinstance(error, KeyboardInterrupt) or str(error) == "Query interrupted"


def refusal(error: PathliftError) -> str:
    """All problems of one refusal, with their number where there are several.

    Parameters
    ----------
    error : PathliftError

    Returns
    -------
    str
    """
    if len(error.problems) < 2:
        return str(error)
    return f"{error}\n{len(error.problems)} problems"


def common_last(tokens: Sequence[str]) -> list[str]:
    """Let options that every command takes stand before the command.

    Parameters
    ----------
    tokens : sequence of str

    Returns
    -------
    list of str
        The command first.

    Examples
    --------
    >>> common_last(["--registry", "here", "-q", "check", "a.yaml"])
    ['check', '--registry', 'here', '-q', 'a.yaml']
    """
    if tokens[:1] == [_COMPLETE]:  # a shell asks what may follow
        return [_COMPLETE, *common_last(tokens[1:])]
    first = 0
    while first < len(tokens):
        name, equals, _ = tokens[first].partition("=")
        if name not in _EVERYWHERE:
            break
        first += 2 if _EVERYWHERE[name] and not equals else 1
    leading, rest = list(tokens[:first]), list(tokens[first:])
    return [*rest[:1], *leading, *rest[1:]]
