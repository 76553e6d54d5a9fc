"""What does a definition mean? Turns what a file says into an `Experiment`, or says all it cannot.

Reads the definition only: no data, no clock.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pathlift.errors import DefinitionError, Problem
from pathlift.registry.addresses import without_queries
from pathlift.registry.arms import resolve_arms, resolve_contrasts
from pathlift.registry.attributed import check_attributed
from pathlift.registry.checking import resolve_checks
from pathlift.registry.combining import combined_arms, resolve_combine
from pathlift.registry.concentrations import resolve_concentrations
from pathlift.registry.covariates import resolve_columns, resolve_covariates
from pathlift.registry.crossing import check_factors
from pathlift.registry.decision import resolve_decision
from pathlift.registry.document import Document
from pathlift.registry.encouragement import resolve_encouragement
from pathlift.registry.engines import resolve_engine
from pathlift.registry.equivalence import check_equivalence
from pathlift.registry.experiment import Analysis, Column, Experiment
from pathlift.registry.families import resolve_families
from pathlift.registry.findings import Findings
from pathlift.registry.graph import resolve_graph
from pathlift.registry.landmark import resolve_landmark
from pathlift.registry.looks import resolve_looks
from pathlift.registry.metrics import resolve_metrics
from pathlift.registry.observing import resolve_outages, resolve_ties
from pathlift.registry.planned import resolve_planned
from pathlift.registry.planning import resolve_plan
from pathlift.registry.presets import resolve_presets, stage_log, with_packaged_rules
from pathlift.registry.problems import read_document
from pathlift.registry.reserved import refuse_reserved
from pathlift.registry.settings import check_settings
from pathlift.registry.sources import check_timezone, resolve_data, shape_of
from pathlift.registry.stages import (
    declared_stages,
    resolve_lookback,
    resolve_outcome,
    resolve_stages,
)
from pathlift.registry.written import Written

_RESOLUTION: Final = timedelta(seconds=1)


def resolve(written: Written, *, data_root: Path | None = None) -> Experiment:
    """Turn a file into the experiment it declares.

    Parameters
    ----------
    written : Written
        The file as it was read.
    data_root : Path or None
        Folder that relative data paths start at, in place of the file's own.

    Returns
    -------
    Experiment
        Defaults filled in, names resolved, expressions parsed.

    Raises
    ------
    DefinitionError
        With every problem that was found, in the order of the file.
    """
    findings = Findings(written, touched=set(written.refused))
    plain = json.loads(json.dumps(written.value))
    refuse_reserved(findings, plain)
    document = read_document(findings, plain)
    experiment = _experiment(findings, document, data_root)
    problems = (*written.problems, *findings.problems)
    if experiment is None or problems:
        raise DefinitionError(sorted(dict.fromkeys(problems), key=_position))
    return experiment


def definition_hash(document: Mapping[str, Any]) -> str:
    """Hash what a file says: comments, layout and the order of keys do not change it.

    Parameters
    ----------
    document : mapping
        Plain values of the file.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _experiment(
    findings: Findings, document: Document, data_root: Path | None
) -> Experiment | None:
    path = Path(findings.written.file)
    shape = shape_of(findings)
    _check_about(findings, document, path.stem)
    data = resolve_data(findings, document, folder=path.parent, data_root=data_root)
    stages = resolve_stages(findings, document, shape)
    presets = resolve_presets(findings, document, shape, stages)
    arms = resolve_arms(findings, document, declared_stages(findings), shape)
    outcome = resolve_outcome(findings, document, shape)
    totals = data.source("totals") if data is not None else None
    measured = resolve_metrics(findings, document, shape, totals)
    covariates = resolve_covariates(findings, document, shape)
    lookback = resolve_lookback(findings, document)
    ties, priority = resolve_ties(findings, document)
    outages = resolve_outages(findings, document, shape)
    check_settings(findings, document, shape, covariates)
    segments = resolve_columns(findings, document, "segments", shape)
    strata = resolve_columns(findings, document, "strata", shape)
    combine = resolve_combine(findings, document, arms)
    compared = combined_arms(arms, combine)
    check_factors(findings, compared, combine)
    contrasts = resolve_contrasts(findings, document, compared, combine)
    planned = resolve_planned(findings, document, compared, combine)
    decision = resolve_decision(findings, document, measured.metrics)
    check_equivalence(findings, document, measured.metrics, decision)
    check_attributed(findings, document, measured.metrics, measured.conversion)
    families = resolve_families(findings, document, measured.metrics, shape)
    concentrations = resolve_concentrations(findings, document, measured.metrics, shape)
    looks = resolve_looks(findings, document)
    graph = resolve_graph(
        findings,
        document,
        measured.metrics,
        contrasts,
        control=next((arm.name for arm in compared if arm.control), ""),
        stages=bool(stages),
        rule=decision,
    )
    engine = resolve_engine(findings, document)
    plan = resolve_plan(findings, document, measured.metrics, stages, arms)
    checks = resolve_checks(
        findings, document, stages=bool(stages) or not findings.intact("stages")
    )
    if data is None:
        return None
    exposure_counts_as = document.exposure_counts_as
    shown = without_queries(findings.written.value)
    return Experiment(
        name=path.stem,
        file=findings.written.file,
        definition_hash=definition_hash(with_packaged_rules(shown, stage_log(document))),
        title=document.title or "",
        hypothesis=document.hypothesis or "",
        owner=document.owner or "",
        tags=document.tags,
        status=document.status,
        exploratory=document.exploratory,
        data=data,
        arms=arms,
        combine=combine,
        weights_declared=any(arm.weight is not None for arm in (document.arms or {}).values()),
        unit=document.unit,
        first_day=document.period.first_day if document.period else None,
        last_day=document.period.last_day if document.period else None,
        timezone=document.timezone,
        window=document.window,
        lookback=lookback,
        resolution=_RESOLUTION if document.resolution is None else document.resolution,
        ingestion_lag=document.ingestion_lag or timedelta(0),
        exposure_counts_as=None if exposure_counts_as == "none" else exposure_counts_as,
        ties=ties,
        priority=priority,
        outages=outages,
        surface=Column(name=document.surface, at=findings.place("surface"))
        if document.surface
        else None,
        stages=stages,
        presets=presets,
        stage_log=stage_log(document),
        outcome=outcome,
        metrics=measured.metrics,
        conversion=measured.conversion,
        families=families,
        concentrations=concentrations,
        covariates=covariates,
        segments=segments,
        strata=strata,
        analysis=Analysis(
            alpha=document.analysis.alpha,
            contrasts=contrasts,
            planned=planned,
            multiplicity=document.analysis.multiplicity.method,
            graph=graph,
            looks=looks,
            crossovers=document.analysis.crossovers,
            misdelivered=document.analysis.misdelivered,
            encouragement=resolve_encouragement(
                findings, document, compared, contrasts, conversion=measured.conversion
            ),
            landmark=resolve_landmark(findings, document),
        ),
        decision=decision,
        checks=checks,
        plan=plan,
        engine=engine,
        definition=shown,
    )


def _check_about(findings: Findings, document: Document, stem: str) -> None:
    if document.experiment is not None and document.experiment != stem:
        findings.add(
            f"`experiment` is {document.experiment!r}, but the file is named {stem!r}",
            "experiment",
            hint="rename one of them, or leave `experiment` out",
        )
    for index, tag in enumerate(document.tags):
        if tag in document.tags[:index]:
            findings.add(f"tag {tag!r} is repeated", "tags", index)
    period = document.period
    if period is not None and period.last_day < period.first_day:
        findings.add(
            f"the last day {period.last_day} is before the first day {period.first_day}",
            "period",
            "last_day",
        )
    if document.window is not None and document.window <= timedelta(0):
        findings.add("`window` is longer than 0", "window")
    check_timezone(findings, document.timezone, "timezone")


def _position(problem: Problem) -> tuple[int, int]:
    return (problem.at.line, problem.at.column) if problem.at else (0, 0)
