"""What goes wrong on a server, and at which line of the definition it has to be said.

Knows no server: `pathlift.outcomes.spark` and `pathlift.outcomes.stores` raise what is placed here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace

from pathlift.errors import DataError, Place, Problem
from pathlift.registry.addresses import Address, is_remote
from pathlift.registry.experiment import Experiment, Expression, Source


class RemoteError(DataError):
    """A server refused, cannot be reached, or reads other rows than lie here.

    Attributes
    ----------
    file : str
        Path of a file that it is about; empty where it is about none.
    function : str
        Name of a function that the server does not know; empty else.
    """

    def __init__(self, problem: Problem, *, file: str = "", function: str = "") -> None:
        super().__init__([problem])
        self.file = file
        self.function = function


def placed(error: RemoteError, experiment: Experiment) -> DataError:
    """The same, at the line that declares the files, wrote the function, or names the engine.

    Parameters
    ----------
    error : RemoteError
    experiment : Experiment

    Returns
    -------
    DataError
    """
    at = _line(error, experiment)
    return DataError([replace(_named(each), at=each.at or at) for each in error.problems])


def _named(problem: Problem) -> Problem:
    """With the address in its sentence: a problem at a line shows its line alone."""
    if problem.at is not None or not is_remote(problem.subject):
        return problem
    return replace(problem, message=f"{problem.subject!r}: {problem.message}")


def _line(error: RemoteError, experiment: Experiment) -> Place | None:
    if error.function:
        uses = [each.at for each in expressions(experiment) if _calls(each, error.function)]
        if uses and uses[0] is not None:
            return uses[0]
    if error.file:
        declared = [source for source in experiment.data.sources if _declares(source, error.file)]
        return next((source.at for source in declared), None)
    return experiment.engine.at


def expressions(experiment: Experiment) -> Iterator[Expression]:
    """Everything in SQL that a person wrote in a definition.

    Parameters
    ----------
    experiment : Experiment

    Yields
    ------
    Expression
    """
    yield from _found(experiment)


def _found(part: object) -> Iterator[Expression]:
    if isinstance(part, Expression):
        yield part
    elif is_dataclass(part) and not isinstance(part, type):
        for field in fields(part):
            yield from _found(getattr(part, field.name))
    elif isinstance(part, Mapping):
        for each in part.values():
            yield from _found(each)
    elif isinstance(part, tuple):
        for each in part:
            yield from _found(each)


def _calls(expression: Expression, function: str) -> bool:
    from pathlift.outcomes.spark.dialect import spelled  # sqlglot's Spark, only when it failed

    return re.search(rf"\b{re.escape(function)}\(", spelled(expression), re.IGNORECASE) is not None


def _declares(source: Source, file: str) -> bool:
    from pathlift.outcomes.files import found

    paths = source.paths or tuple(path for paths in source.arm_paths.values() for path in paths)
    if is_remote(file):  # no server is asked again
        fixed = [re.split(r"[*?\[]", path)[0] for path in paths if isinstance(path, Address)]
        return any(file.startswith(begin) for begin in fixed)
    return any(file in found(path) for path in paths if not isinstance(path, Address))
