"""What a site is about: definitions, saved results and their portfolio, put together by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pathlift.errors import PathliftError, Problem
from pathlift.portfolio.combining import combine_folder
from pathlift.registry.experiment import Experiment
from pathlift.registry.listing import Row, describe, rows
from pathlift.registry.loading import load_folder
from pathlift.result.history import History, read_histories
from pathlift.result.portfolio import Portfolio


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One experiment of the site: it has a definition, results, or both.

    Attributes
    ----------
    name : str
    row : Row or None
        As the registry lists it; None where the definition is gone or refused.
    described : tuple of str
        The definition in words; empty where there is none.
    problems : tuple of str
        Why the definition is refused.
    history : History
    changed : bool
        Whether the definition says something else than that of the latest result.
    first_day : date or None
        Of exposure: as seen (UTC), else as declared.
    age : int or None
        Days since then, counted to the day of the site.
    """

    name: str
    row: Row | None
    described: tuple[str, ...]
    problems: tuple[str, ...]
    history: History
    changed: bool
    first_day: date | None
    age: int | None

    @property
    def title(self) -> str:
        """As defined now, else as the latest result has it; may be empty."""
        if self.row is not None:
            return self.row.title
        latest = self.history.latest
        return latest.result.experiment.title if latest is not None else ""

    @property
    def status(self) -> str:
        """As defined now, else what is in the way of it."""
        if self.row is not None:
            return self.row.status
        return "refused" if self.problems else "no definition"

    @property
    def tags(self) -> tuple[str, ...]:
        """As defined now."""
        return self.row.tags if self.row is not None else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """All that the pages show.

    Attributes
    ----------
    registry, results : str
        Folders, as they were named.
    day : date
        On which it was written.
    entries : tuple of Entry
        By name.
    problems : tuple of str
        Of the registry itself.
    portfolio : Portfolio or None
    portfolio_problems : tuple of str
        Why there is none.
    """

    registry: str
    results: str
    day: date
    entries: tuple[Entry, ...]
    problems: tuple[str, ...]
    portfolio: Portfolio | None
    portfolio_problems: tuple[str, ...]


def read_site(registry: Path, results: Path, day: date) -> Site:
    """Read a registry, every result that was saved, and what they say together.

    Parameters
    ----------
    registry : Path
        Folder of the definitions.
    results : Path
        Folder of all results; it need not exist.
    day : date
        From which ages are counted.

    Returns
    -------
    Site
        What cannot be read is in it, with the reason.
    """
    experiments, problems = load_folder(registry)
    histories = read_histories(results)
    refused = {name for problem in problems if (name := _of(problem))}
    names = {one.name for one in experiments} | {one.name for one in histories} | refused
    portfolio: Portfolio | None = None
    why: tuple[str, ...] = ()
    try:
        portfolio = combine_folder(results, command="pathlift portfolio")
    except PathliftError as error:
        why = tuple(str(problem) for problem in error.problems)
    return Site(
        registry=str(registry),
        results=str(results),
        day=day,
        entries=tuple(
            _entry(name, experiments, problems, histories, day) for name in sorted(names)
        ),
        problems=tuple(str(problem) for problem in problems if not _of(problem)),
        portfolio=portfolio,
        portfolio_problems=why,
    )


def _of(problem: Problem) -> str:
    """Name of the experiment whose definition it is about; empty where it is about none."""
    file = Path(problem.at.file if problem.at is not None else problem.subject)
    return file.stem if file.suffix in (".yaml", ".yml") else ""


def _entry(
    name: str,
    experiments: Iterable[Experiment],
    problems: Iterable[Problem],
    histories: Iterable[History],
    day: date,
) -> Entry:
    experiment = next((one for one in experiments if one.name == name), None)
    history = next((one for one in histories if one.name == name), History(name=name))
    first_day = _first_day(experiment, history)
    latest = history.latest
    return Entry(
        name=name,
        row=rows([experiment])[0] if experiment is not None else None,
        described=describe(experiment) if experiment is not None else (),
        problems=tuple(str(problem) for problem in problems if _of(problem) == name),
        history=history,
        changed=experiment is not None
        and latest is not None
        and latest.result.experiment.definition_hash != experiment.definition_hash,
        first_day=first_day,
        age=None if first_day is None else (day - first_day).days,
    )


def _first_day(experiment: Experiment | None, history: History) -> date | None:
    latest = history.latest
    arms = latest.result.arms if latest is not None else ()
    seen = [arm.first_exposure.date() for arm in arms if arm.first_exposure is not None]
    if seen:
        return min(seen)
    return experiment.first_day if experiment is not None else None
