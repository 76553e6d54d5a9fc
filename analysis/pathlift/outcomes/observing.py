"""What the reader of the files noticed, for the result: files, sizes, assumptions."""

from collections.abc import Iterator, Mapping

from pathlift.outcomes.described import Described
from pathlift.outcomes.fingerprint import content_digests
from pathlift.outcomes.relations import TIMES, Names, unit_times
from pathlift.outcomes.sources import shown
from pathlift.outcomes.times import carries_zone, time_kind
from pathlift.registry.experiment import Column, Experiment
from pathlift.statistics.collected import SourceFacts


def source_facts(
    described: Mapping[str, Described], experiment: Experiment
) -> tuple[SourceFacts, ...]:
    """Files, rows and bytes of every source.

    Parameters
    ----------
    described : mapping of str to Described
    experiment : Experiment

    Returns
    -------
    tuple of SourceFacts
        In the order of the definition.
    """
    return tuple(
        SourceFacts(
            name=name,
            files=tuple(shown(file, experiment) for file in one.files),
            rows=one.rows,
            bytes=one.bytes,
            digests=content_digests(one),
            unopened=0 if one.unopened is None else one.unopened.files,
            opened_days=None
            if one.unopened is None
            else (one.unopened.first_day, one.unopened.last_day),
        )
        for name, one in described.items()
    )


def observations(
    described: Mapping[str, Described], experiment: Experiment
) -> dict[str, tuple[str, ...]]:
    """What was assumed in reading, by the check that says so.

    Parameters
    ----------
    described : mapping of str to Described
    experiment : Experiment

    Returns
    -------
    dict of str to tuple of str
        ``csv``: files. ``naive_time``: columns read as UTC because neither they nor the definition
        name a zone. ``hidden_columns``: columns of the files that one of our names hides. Keys
        without anything to say are absent.
    """
    noticed = {
        "csv": tuple(_csv(described, experiment)),
        "naive_time": tuple(_naive(described, experiment)),
        "hidden_columns": tuple(_hidden(described, experiment)),
    }
    return {check: found for check, found in noticed.items() if found}


def _csv(described: Mapping[str, Described], experiment: Experiment) -> Iterator[str]:
    for one in described.values():
        for part in one.parts:
            if part.form == "csv":
                yield from (shown(file, experiment) for file in part.files)


def _naive(described: Mapping[str, Described], experiment: Experiment) -> Iterator[str]:
    if experiment.data.timezone is not None:
        return
    for source, one in described.items():
        names = Names(one, experiment)
        for column in dict.fromkeys(_times(one, experiment, names)):
            kind = time_kind(names.kind(column.name))
            if kind in ("naive", "date") or (kind == "text" and not carries_zone(column)):
                yield f"{source}.{column.name}"


def _times(one: Described, experiment: Experiment, names: Names) -> Iterator[Column]:
    yield from (names.theirs(ours) for ours in TIMES if ours in names.ours)
    yield from unit_times(one, experiment).values()


def _hidden(described: Mapping[str, Described], experiment: Experiment) -> Iterator[str]:
    for source, one in described.items():
        names = Names(one, experiment)
        for ours in names.ours:
            hides = any(ours == known.lower() for known in one.columns)
            if hides and (ours not in names.mapped or names.theirs(ours).name.lower() != ours):
                yield f"{source}.{ours}"
        for alias in names.instants():
            if any(alias == known.lower() for known in one.columns):
                yield f"{source}.{alias}"
