"""The one road: an experiment and its data in, a result out. Writes nothing.

YAML -> Experiment -> SQL -> statistics -> Estimates -> Decision; each arrow is one call.
"""

import hashlib
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from pathlift.inference.adherence import adherence
from pathlift.inference.conversion_times import conversion_times
from pathlift.inference.describing import Described, describe
from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.inference.looking import plan_of
from pathlift.inference.spreading import concentrations
from pathlift.inference.tie_bounds import tie_bounds
from pathlift.judgement.attributed import as_attributed
from pathlift.judgement.checks import run_checks
from pathlift.judgement.conversion_times import conversion_times_with_validity
from pathlift.judgement.decision import decide
from pathlift.judgement.describing import adherence_with_validity, described_with_validity
from pathlift.judgement.design import describe_design
from pathlift.judgement.families import declare_families
from pathlift.judgement.flow import flow_of
from pathlift.judgement.following import as_looked_at, as_reread, presets_reread, status_by_id
from pathlift.judgement.increments import judged
from pathlift.judgement.invalidation import with_validity
from pathlift.judgement.measures import metric_parts
from pathlift.judgement.promises import as_promised, flagged
from pathlift.judgement.remaining import remaining
from pathlift.judgement.spreading import spreads_with_validity
from pathlift.judgement.stage_rules import stage_rules
from pathlift.judgement.ties import ties_with_validity
from pathlift.outcomes.calendar import day_start, moment
from pathlift.outcomes.collecting import collect
from pathlift.registry.engine import EngineKind
from pathlift.registry.experiment import Arm, Experiment
from pathlift.result.looks import Earlier, earlier_looks, number_of
from pathlift.result.model import (
    Amendment,
    ArmPart,
    Check,
    Completeness,
    DataPart,
    ExperimentPart,
    LabelRow,
    Looks,
    Orderings,
    Power,
    Provenance,
    RegistrationPart,
    Result,
    SourcePart,
)
from pathlift.result.multiverse import Multiverse
from pathlift.result.ties import TieBounds
from pathlift.statistics.cells import Cell, label
from pathlift.statistics.collected import Statistics
from pathlift.statistics.ties import break_ties

if TYPE_CHECKING:
    from pathlift.outcomes.engine import Engine

_LIBRARIES = ("pathlift", "duckdb", "numpy", "scipy", "pydantic", "sqlglot")
_UNRECORDED = Looks(method="fixed", look="unrecorded")

Progress = Callable[[str, float], None]


def analyze(
    experiment: Experiment,
    *,
    as_of: date | None = None,
    memory: str | None = None,
    engine: "Engine | None" = None,
    kind: EngineKind | None = None,
    looks: Looks = _UNRECORDED,
    command: str = "",
    data_root: str | None = None,
    progress: Progress | None = None,
) -> Result:
    """Analyse one experiment.

    Parameters
    ----------
    experiment : Experiment
        From `load_experiment`.
    as_of : date, optional
        Last day that is read, in the experiment's time zone; else all that is there.
    memory : str, optional
        Budget of the engine such as ``4GB``; else 60% of the machine.
    engine : Engine, optional
        An open engine that may read the experiment's files; else one is opened and closed.
    kind : {'duckdb', 'spark'}, optional
        Of an engine opened here; else what the definition says.
    looks : Looks, optional
        Earlier looks in its ``ledger``, from `read_ledger`; ``unrecorded`` where nobody saves this
        one.
    command : str, optional
        What was typed, for the reproduction block.
    data_root : str, optional
        Where relative data paths were made to point, for the same.
    progress : callable, optional
        Called with the step and the share of it that is done, in [0, 1].

    Returns
    -------
    Result

    Raises
    ------
    DataError
        If the data cannot be read as the definition says; all problems at once.
    """
    started = datetime.now(UTC)
    clock = _Clock()
    with clock.step("queries"):
        statistics = collect(
            experiment,
            as_of=as_of,
            engine=engine,
            kind=kind,
            memory=memory,
            thresholds=_first_thresholds(experiment, looks, as_of),
            progress=None
            if progress is None
            else lambda percentage: progress("queries", percentage / 100),
        )
    earlier = earlier_looks(
        looks.ledger, data=statistics.fingerprint, watermark=statistics.watermark
    )
    number = number_of(
        looks.ledger,
        definition=experiment.definition_hash,
        data=statistics.fingerprint,
        watermark=statistics.watermark,
    )
    read = break_ties(statistics, experiment.priority)  # checks and bounds want them as logged
    with clock.step("inference"), _shown("inference", progress):
        inferred = estimate_all(
            experiment, read, declare_families(experiment), earlier=earlier, look=number
        )
        described = describe(experiment, read)
        ties = tie_bounds(experiment, statistics)
    with clock.step("judgement"):
        looks = _looks(experiment, statistics, inferred, looks, earlier)
        checks = run_checks(experiment, statistics, earlier, inferred.estimates, looks.contrasts)
        estimates, omnibus = with_validity(experiment, checks, inferred.estimates, inferred.omnibus)
        estimates, omnibus = as_attributed(experiment, estimates, omnibus)
        if described is not None:
            described = described_with_validity(experiment, checks, described)
        ties = ties_with_validity(experiment, checks, ties, inferred.estimates)
        statuses = status_by_id(estimates)
        seen = as_looked_at(looks.contrasts, statuses)
        looks = looks.model_copy(update={"contrasts": seen})
        decision = as_promised(experiment, decide(experiment, statistics, checks, estimates, looks))
        estimates = flagged(experiment, estimates)
    return Result(
        experiment=_experiment_part(experiment),
        data=_data_part(experiment, statistics),
        arms=_arm_parts(experiment, statistics),
        design=describe_design(experiment),
        checks=checks,
        omnibus=omnibus if described is None else (*omnibus, *described.omnibus),
        estimates=estimates,
        orderings=_orderings(
            experiment, read, presets_reread(inferred.multiverse, statuses), described, ties, checks
        )
        if experiment.stages
        else None,
        metrics=metric_parts(experiment, estimates),
        families=judged(inferred.increments, estimates),
        concentrations=spreads_with_validity(checks, concentrations(experiment, statistics)),
        conversion_times=conversion_times_with_validity(
            checks, conversion_times(experiment, statistics)
        ),
        looks=looks,
        decision=decision,
        power=_with_what_is_left(experiment, statistics, inferred.power),
        sensitivity=as_reread(inferred.sensitivity, statuses),
        provenance=Provenance(
            versions=dict(_versions()),
            engine=statistics.engine,
            command=command,
            data_root=data_root,
            seed=inferred.seed,
            sql=statistics.sql,
            sql_hash=hash_of_sql(statistics.sql),
            started=started,
            seconds=clock.seconds,
        ),
    )


@contextmanager
def _shown(step: str, progress: Progress | None) -> Iterator[None]:
    """Tell that a step runs, of which nobody knows how long it takes."""
    if progress is not None:
        progress(step, 0.0)
    yield
    if progress is not None:
        progress(step, 1.0)


@cache
def _versions() -> Mapping[str, str]:
    """Of Python and of what computed, read once: a registry has a thousand experiments."""
    return {"python": platform.python_version()} | {
        library: version(library) for library in _LIBRARIES
    }


@dataclass(slots=True)
class _Clock:
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - begin, 3)


def hash_of_sql(sql: Mapping[str, str]) -> str:
    """Hash the statements of a run.

    Parameters
    ----------
    sql : mapping of str to str
        By name; their order does not matter.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    text = "\n".join(f"-- {name}\n{sql[name]}" for name in sorted(sql))
    return hashlib.sha256(text.encode()).hexdigest()


def _first_thresholds(
    experiment: Experiment, looks: Looks, as_of: date | None
) -> Mapping[str, float | None]:
    """Winsorising thresholds of the first look, where later ones have to keep them."""
    lines = [line for line in looks.ledger if line.get("caps")]
    if experiment.analysis.looks.kind == "fixed" or not lines:
        return {}
    timed = any(line["watermark"] is not None for line in lines)
    end = datetime.max.replace(tzinfo=UTC) if timed else None
    if timed and as_of is not None:
        end = moment(day_start(as_of + timedelta(days=1), experiment.timezone))
    first = earlier_looks(lines, data="", watermark=end)
    return first[0].caps if first else {}


def _looks(
    experiment: Experiment,
    statistics: Statistics,
    inferred: Inferred,
    given: Looks,
    earlier: tuple[Earlier, ...],
) -> Looks:
    plan = experiment.analysis.looks
    analysed = {arm.name for arm in experiment.analyzed_arms}
    spends = plan.kind == "group_sequential"
    return Looks(
        method=plan.kind,
        look=given.look,
        planned_units=plan.planned_units,
        spending=plan.spending if spends else None,
        gamma=plan.gamma if spends and plan.spending == "hsd" else None,
        taken=len(earlier) + 1,
        plan=plan_of(experiment),
        units={arm.arm: arm.units for arm in statistics.arms if arm.arm in analysed},
        caps={name: cap.threshold for name, cap in statistics.caps.items()},
        contrasts=inferred.looks,
        ledger=given.ledger,
    )


def _with_what_is_left(experiment: Experiment, statistics: Statistics, power: Power) -> Power:
    if not experiment.metrics:
        return power
    left = remaining(experiment, statistics)
    return power.model_copy(
        update={
            "planned_units": experiment.analysis.looks.planned_units,
            "units_left": left.units,
            "days_left": left.days,
        }
    )


def _experiment_part(experiment: Experiment) -> ExperimentPart:
    return ExperimentPart(
        name=experiment.name,
        title=experiment.title,
        hypothesis=experiment.hypothesis,
        status=experiment.status,
        definition_hash=experiment.definition_hash,
        file=experiment.file,
        definition=experiment.definition,
        registration=_registration(experiment),
    )


def _registration(experiment: Experiment) -> RegistrationPart | None:
    locked = experiment.registration
    if locked is None:
        return None
    return RegistrationPart(
        locked_at=locked.locked_at,
        definition_hash=locked.definition_hash,
        amendments=tuple(
            Amendment(path=change.path, before=change.before, after=change.after)
            for change in locked.amendments
        ),
        deciding=locked.deciding,
    )


def _data_part(experiment: Experiment, statistics: Statistics) -> DataPart:
    analysed = {arm.name for arm in experiment.analyzed_arms}
    return DataPart(
        sources=tuple(
            SourcePart(
                name=s.name,
                files=s.files,
                rows=s.rows,
                bytes=s.bytes,
                digests=s.digests,
                unopened=s.unopened,
                opened_days=s.opened_days,
            )
            for s in statistics.sources
        ),
        fingerprint=statistics.fingerprint,
        watermark=statistics.watermark,
        units=sum(arm.units for arm in statistics.arms if arm.arm in analysed),
        matured_units=sum(arm.matured_units for arm in statistics.arms if arm.arm in analysed),
        interim=any(
            units > 0
            for group, units in zip(
                statistics.moments.groups, statistics.moments.units, strict=True
            )
            if group.arm in analysed
            and not group.population
            and group.maturity < len(statistics.lengths)
        ),
        window=None if experiment.window is None else in_words(experiment.window),
    )


def _arm_parts(experiment: Experiment, statistics: Statistics) -> tuple[ArmPart, ...]:
    seen = {facts.arm: facts for facts in statistics.arms}
    into = {member: name for name, members in experiment.combine.items() for member in members}
    return tuple(
        ArmPart(
            arm=arm.name,
            treatment=arm.treatment,
            ordering=_intended(arm),
            control=arm.control,
            analyzed=arm.analyzed,
            combined_into=into.get(arm.name),
            weight=arm.weight,
            units=seen[arm.name].units,
            matured_units=seen[arm.name].matured_units,
            first_exposure=seen[arm.name].first_exposure,
            last_exposure=seen[arm.name].last_exposure,
        )
        for arm in experiment.arms
    )


def _intended(arm: Arm) -> str | None:
    return ">".join(arm.ordering) if arm.ordering else None


def _orderings(
    experiment: Experiment,
    statistics: Statistics,
    multiverse: Multiverse | None,
    described: Described | None,
    ties: tuple[TieBounds, ...],
    checks: tuple[Check, ...],
) -> Orderings:
    stages = experiment.stage_names
    cells = statistics.cells.by(
        lambda cell: (
            Cell(arm=cell.arm, maturity=0, label=cell.label)
            if cell.maturity >= statistics.label_class
            else None
        )
    )
    counts = cells.counts()
    rows = []
    for arm in experiment.arms:
        for cell in sorted((c for c in counts if c.arm == arm.name), key=lambda c: c.label):
            read = label(cell.label, stages)
            units, converted = counts[cell]
            rows.append(
                LabelRow(
                    arm=arm.name,
                    ordering=read.ordering,
                    kind=read.kind,
                    tied=read.tied,
                    units=units,
                    converted=converted,
                )
            )
    return Orderings(
        labels=tuple(rows),
        flow=flow_of(rows),
        intended={arm.name: _intended(arm) for arm in experiment.arms},
        completeness=tuple(
            Completeness(
                arm=arm.name,
                converted=sum(
                    row.converted for row in rows if row.arm == arm.name and row.kind != "unknown"
                ),
                complete=sum(
                    row.converted for row in rows if row.arm == arm.name and row.kind == "complete"
                ),
                by_stage={
                    stage: sum(
                        row.converted
                        for row in rows
                        if row.arm == arm.name and stage in row.ordering
                    )
                    for stage in stages
                },
            )
            for arm in experiment.arms
        ),
        adherence=adherence_with_validity(experiment, checks, adherence(experiment, statistics)),
        decomposition=() if described is None else described.decomposition,
        funnel=() if described is None else described.funnel,
        association=() if described is None else described.association,
        landmark=None if described is None else described.landmark,
        naive=None if described is None else described.naive,
        rules=stage_rules(experiment, statistics),
        ties=ties,
        multiverse=multiverse,
    )


def in_words(duration: timedelta) -> str:
    """Return a duration as the definition would write it, such as ``14d``.

    Parameters
    ----------
    duration : timedelta
        At least 0.

    Returns
    -------
    str
        In the largest unit that divides it.
    """
    microseconds = duration // timedelta(microseconds=1)
    for unit, size in (
        ("d", 86_400_000_000),
        ("h", 3_600_000_000),
        ("m", 60_000_000),
        ("s", 1_000_000),
    ):
        if microseconds % size == 0:
            return f"{microseconds // size}{unit}"
    return f"{microseconds // 1000}ms"
