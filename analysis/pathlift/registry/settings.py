"""Which settings need something else? Without it they would do nothing, so they are refused."""

from dataclasses import dataclass
from typing import Final

from pathlift.registry.document import Document
from pathlift.registry.experiment import Covariate, Shape
from pathlift.registry.findings import Findings
from pathlift.registry.stages import declared_stages


def check_settings(
    findings: Findings, document: Document, shape: Shape | None, covariates: tuple[Covariate, ...]
) -> None:
    """Report required settings that are missing, and settings that would do nothing.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    shape : {'journeys', 'units', 'totals'} or None
        None: unknown, so nothing that depends on it is reported.
    covariates : tuple of Covariate
    """
    _Settings(findings, document, shape, covariates).check()


@dataclass(frozen=True, slots=True)
class _Settings:
    """The file, and what its settings lean on."""

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
        for source in ("exclude_units", "assignments", "identities"):
            if self._written("data", source) is not None:
                self.findings.add_at_key(
                    f"`{source}` needs to know the unit of a row",
                    "data",
                    source,
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
        if received or not self.findings.intact("arms"):
            return
        self._refuse_analysis("misdelivered", _NOT_RECEIVED)
        sources = ("exposures", "units")
        for loc in (("columns",), *((name, "columns") for name in sources)):
            if self.findings.written.has("data", *loc, "received"):
                self.findings.add_at_key(
                    f"`received` does nothing: {_NOT_RECEIVED}",
                    "data",
                    *loc,
                    "received",
                    hint="say it: arms: {NAME: {received: VALUE}}",
                )

    def _stages(self) -> bool:
        return bool(
            self.document.stages is not None
            or isinstance(self.document.presets, str)
            or not self.findings.intact("stages")
        )

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


_NOT_RECEIVED: Final = "no arm says what it should have `received`"
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
