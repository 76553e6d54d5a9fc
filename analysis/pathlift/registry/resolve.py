"""What does a definition mean? Turns what a file says into an `Experiment`, or says all it cannot.

Reads the definition only: no data, no clock.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pathlift.errors import DefinitionError, Problem
from pathlift.registry.arms import resolve_arms, resolve_contrasts
from pathlift.registry.covariates import resolve_columns, resolve_covariates
from pathlift.registry.decision import resolve_decision
from pathlift.registry.document import Document
from pathlift.registry.experiment import Analysis, Column, Covariate, Experiment, Shape
from pathlift.registry.findings import Findings
from pathlift.registry.metrics import resolve_metrics
from pathlift.registry.problems import read_document
from pathlift.registry.reading import Written
from pathlift.registry.reserved import refuse_reserved
from pathlift.registry.sources import check_timezone, resolve_data, shape_of
from pathlift.registry.stages import (
    declared_stages,
    resolve_lookback,
    resolve_outcome,
    resolve_stages,
)

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
    arms = resolve_arms(findings, document, declared_stages(findings), shape)
    outcome = resolve_outcome(findings, document, shape)
    totals = data.source("totals") if data is not None else None
    measured = resolve_metrics(findings, document, shape, totals)
    covariates = resolve_covariates(findings, document, shape)
    lookback = resolve_lookback(findings, document)
    settings = _Settings(findings, document, shape, covariates)
    settings.check()
    segments = resolve_columns(findings, document, "segments", shape)
    strata = resolve_columns(findings, document, "strata", shape)
    contrasts = resolve_contrasts(findings, document, arms)
    decision = resolve_decision(findings, document, measured.metrics)
    if data is None:
        return None
    exposure_counts_as = document.exposure_counts_as
    return Experiment(
        name=path.stem,
        file=findings.written.file,
        definition_hash=definition_hash(findings.written.value),
        title=document.title or "",
        hypothesis=document.hypothesis or "",
        owner=document.owner or "",
        tags=document.tags,
        status=document.status,
        data=data,
        arms=arms,
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
        surface=Column(name=document.surface, at=findings.place("surface"))
        if document.surface
        else None,
        stages=stages,
        outcome=outcome,
        metrics=measured.metrics,
        conversion=measured.conversion,
        covariates=covariates,
        segments=segments,
        strata=strata,
        analysis=Analysis(
            alpha=document.analysis.alpha,
            contrasts=contrasts,
            multiplicity=document.analysis.multiplicity.method,
            looks=document.analysis.looks.kind,
            crossovers=document.analysis.crossovers,
            misdelivered=document.analysis.misdelivered,
        ),
        decision=decision,
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


@dataclass(frozen=True, slots=True)
class _Settings:
    """Settings that need something else: without it they would do nothing, so they are refused."""

    findings: Findings
    document: Document
    shape: Shape | None
    covariates: tuple[Covariate, ...]

    def check(self) -> None:
        """Report what is missing, and what would do nothing."""
        match self.shape:
            case "journeys":
                self._check_required()
                self._check_lookback()
            case "units":
                self._check_units()
            case "totals":
                for key in _NOT_IN_TOTALS:
                    self._refuse(key, "totals hold no rows of units")
                for key in ("crossovers", "misdelivered"):
                    self._refuse_analysis(key, "totals hold no rows of units")
            case None:
                pass
        if self.shape is not None and self.shape != "totals":
            self._check_stages()
            self._check_received()

    def _check_required(self) -> None:
        for key, what in _REQUIRED.items():
            if getattr(self.document, key) is None:
                self.findings.missing(
                    f"`{key}` is missing; with exposures and events it is required", key, hint=what
                )

    def _check_lookback(self) -> None:
        totals = any(covariate.total is not None for covariate in self.covariates)
        if not self._stages() and not totals:
            self._refuse("lookback", "there are neither stages nor covariates to look back for")

    def _check_units(self) -> None:
        for key in ("ingestion_lag", "surface"):
            self._refuse(key, "it is about events, and these data are `units`")
        if not self._stages():
            self._refuse("lookback", "there are no stages to look back for")
            if self.document.outcome is None:
                self._refuse("window", "there are neither stages nor an outcome with a time")
        if self.document.unit is None and self.findings.intact("unit"):
            self._refuse_analysis("crossovers", "without `unit` no unit is seen twice")
            self._check_columns_unit()

    def _check_columns_unit(self) -> None:
        for loc in (("data", "columns", "unit"), ("data", "units", "columns", "unit")):
            if self._written(*loc) is not None:
                self.findings.add_at_key(
                    "`unit` of `columns` does nothing without `unit` on top",
                    *loc,
                    hint=f"write `unit: {self._written(*loc)}` on top instead",
                )
        if self._written("data", "exclude_units") is not None:
            self.findings.add_at_key(
                "`exclude_units` needs to know the unit of a row",
                "data",
                "exclude_units",
                hint="name its column with `unit` on top",
            )

    def _check_stages(self) -> None:
        declared = declared_stages(self.findings)
        counts_as = self.document.exposure_counts_as
        if not self._stages():
            for key in ("resolution", "exposure_counts_as", "strata", "ties"):
                self._refuse(key, "no stages are declared")
        elif counts_as not in (None, "none", *declared):
            self.findings.add(
                f"`exposure_counts_as` is {counts_as}, which is not a declared stage",
                "exposure_counts_as",
            )

    def _check_received(self) -> None:
        arms = self.document.arms or {}
        received = any(arm.received is not None for arm in arms.values())
        if not received and self.findings.intact("arms"):
            self._refuse_analysis("misdelivered", "no arm says what it should have `received`")

    def _stages(self) -> bool:
        return self.document.stages is not None or not self.findings.intact("stages")

    def _written(self, *loc: str) -> object:
        node: object = self.findings.written.value
        for part in loc:
            node = node.get(part) if isinstance(node, dict) else None
        return node

    def _refuse(self, key: str, reason: str) -> None:
        if key in self.document.model_fields_set:
            self.findings.add_at_key(f"`{key}` does nothing: {reason}", key, hint=_LEAVE_OUT)

    def _refuse_analysis(self, key: str, reason: str) -> None:
        if key in self.document.analysis.model_fields_set:
            self.findings.add_at_key(
                f"`{key}` does nothing: {reason}", "analysis", key, hint=_LEAVE_OUT
            )


_LEAVE_OUT: Final = "leave it out"
_REQUIRED: Final = {
    "unit": "the column that was randomised, such as unit: user_id",
    "period": "days of first exposure: {first_day: 2026-03-02, last_day: 2026-03-29}",
    "window": "how long outcomes count after first exposure, such as window: 14d",
}
# Stages, outcome, covariates, segments and strata are refused where they are resolved.
_NOT_IN_TOTALS: Final = (
    "unit",
    "period",
    "timezone",
    "window",
    "lookback",
    "resolution",
    "ingestion_lag",
    "exposure_counts_as",
    "ties",
    "surface",
)


def _position(problem: Problem) -> tuple[int, int]:
    return (problem.at.line, problem.at.column) if problem.at else (0, 0)
