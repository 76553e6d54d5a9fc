"""All that inference and judgement may know about the data: small tables and counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from pathlift.statistics.cells import CellTable
from pathlift.statistics.clusters import ClusterTable
from pathlift.statistics.concentration import Concentration
from pathlift.statistics.histogram import HistogramTable
from pathlift.statistics.landmarks import LandmarkTable
from pathlift.statistics.moments import MomentTable
from pathlift.statistics.multiverse import Multiverse
from pathlift.statistics.spread import Spread
from pathlift.statistics.times import TimeTable


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFacts:
    """An arm as the data show it.

    Attributes
    ----------
    arm : str
    units : int
        Analysed units, mature or not (SRM counts these). In ``totals``: of all days.
    matured_units : int
        Units whose `window` has ended.
    first_exposure, last_exposure : datetime or None
        UTC; None where the shape has no times.
    """

    arm: str
    units: int
    matured_units: int
    first_exposure: datetime | None = None
    last_exposure: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What was read.

    Attributes
    ----------
    name : str
    files : tuple of str
        Paths as declared or found, relative to the data root where they lie below it.
    rows, bytes : int
        Of all files, before any condition.
    digests : tuple of str
        Of what each file holds, in the order of `files`; empty where the source names no units.
    unopened : int
        Files that were not opened: the days of their folders hold no row that counts.
    opened_days : (date, date) or None
        First and last day of the folders that were; None where all files were opened.
    """

    name: str
    files: tuple[str, ...]
    rows: int
    bytes: int
    digests: tuple[str, ...] = ()
    unopened: int = 0
    opened_days: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One counter of the quality table (SS7).

    Attributes
    ----------
    name : str
        Such as ``crossed`` or ``duplicate_events``.
    count : int
    arm : str
        First arm of the units counted; empty where the counter knows no arm.
    other : str
        The second arm of a crossover, a metric, a stage, a source or a column; may be empty.
    """

    name: str
    count: int
    arm: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    """How often a stage's rule fired (SS8).

    Attributes
    ----------
    arm, stage : str
    rule : int
        Position among the stage's rules, from 0.
    surface : str
        Empty where no surface is declared.
    day : str
        Exposure day, ISO.
    units : int
        Analysed units of that arm and day.
    fired : int
        Of them, those for whom the rule held at least once within the window.
    """

    arm: str
    stage: str
    rule: int
    surface: str
    day: str
    units: int
    fired: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """Winsorising of a metric.

    Attributes
    ----------
    metric : str
    quantile : float
    threshold : float or None
        In the metric's unit; None where nothing was capped.
    nonzero_units : int
        Units that the quantile was taken over.
    capped_units : int
    reason : str
        Why nothing was capped, or that the threshold is that of an earlier look; else empty.
    """

    metric: str
    quantile: float
    threshold: float | None
    nonzero_units: int
    capped_units: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statistics:
    """The statistics of one run.

    Attributes
    ----------
    arms : tuple of ArmFacts
        Declared arms in file order, holdouts included.
    lengths : tuple of int
        Distinct lengths (window + ingestion lag + lag) in microseconds, ascending; maturity class k
        has completed the first k of them. Empty in ``units`` and ``totals`` without windows.
    metric_class : mapping of str to int
        Maturity class from which on a metric may be read (0: always).
    population : mapping of str to str
        Population of a metric in `moments` where it is not that of all analysed units.
    label_class : int
        The same for labels and incidences.
    moments : MomentTable
        Grain arm, maturity, population.
    crossed : MomentTable or None
        The same of units seen in several arms alone; None where there are none, or they are not in
        `moments`.
    days : MomentTable
        Grain arm, maturity, day.
    segments : MomentTable
        Grain arm, maturity, population, dimension, level.
    cells : CellTable
        Grain arm, maturity, label, baseline, stratum. Empty where no stages are declared.
    clusters : ClusterTable or None
        Grain arm, maturity, population, dimension, level, cluster, of arms with clusters only; a
        segment of too many levels has no rows. None where no arm has clusters.
    landmarks : LandmarkTable or None
        Grain arm, maturity, cluster, label, baseline, stratum, of arms with clusters. None where
        there are neither clusters nor stages.
    histograms : HistogramTable
        Grain arm, maturity, population, dimension, level, metric of kind quantile, bin.
    times : TimeTable or None
        Grain arm, maturity, baseline, endpoint, bin, cause, and by cluster; None where every
        window has ended, or bins do not fit it.
    multiverse : Multiverse
        Orderings under other rules for the stages; empty where no presets are declared.
    rules : tuple of RuleCount
    spreads : mapping of str to tuple of Spread
        Who got what of a metric, by family of kind concentration; arms as they are compared.
    quality : tuple of Count
    caps : mapping of str to Cap
        By metric.
    covariates : tuple of str
        Variables that adjust, ``x:...``, indicators of missing values included.
    concentration : tuple of Concentration
        Of means, by metric and arm; empty in ``totals``.
    not_estimated : mapping of str to str
        Metrics that the data cannot give, with the reason.
    sources : tuple of SourceFacts
    fingerprint : str
        SHA-256 over names, sizes and row counts of the files.
    watermark : datetime or None
        UTC; rows at or after it were not read. None where the shape has no times.
    last_event : datetime or None
    observations : mapping of str to tuple of str
        What the reader noticed, by check id: such as ``naive_time`` to its columns.
    sql : mapping of str to str
        What ran, by name.
    engine : str
        On what it ran, with its version or address, and by which road event rows were read;
        empty where nothing says so.
    """

    arms: tuple[ArmFacts, ...]
    lengths: tuple[int, ...] = ()
    metric_class: Mapping[str, int] = field(default_factory=dict)
    population: Mapping[str, str] = field(default_factory=dict)
    label_class: int = 0
    moments: MomentTable
    crossed: MomentTable | None = None
    days: MomentTable
    segments: MomentTable
    cells: CellTable
    clusters: ClusterTable | None = None
    landmarks: LandmarkTable | None = None
    histograms: HistogramTable = field(default_factory=HistogramTable)
    times: TimeTable | None = None
    multiverse: Multiverse = field(default_factory=Multiverse)
    rules: tuple[RuleCount, ...] = ()
    spreads: Mapping[str, tuple[Spread, ...]] = field(default_factory=dict)
    quality: tuple[Count, ...] = ()
    caps: Mapping[str, Cap] = field(default_factory=dict)
    covariates: tuple[str, ...] = ()
    concentration: tuple[Concentration, ...] = ()
    not_estimated: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[SourceFacts, ...] = ()
    fingerprint: str = ""
    watermark: datetime | None = None
    last_event: datetime | None = None
    observations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sql: Mapping[str, str] = field(default_factory=dict)
    engine: str = ""

    def count(self, name: str, *, arm: str | None = None, other: str | None = None) -> int:
        """Add up a counter of the quality table.

        Parameters
        ----------
        name : str
        arm, other : str, optional
            Only counts of that arm, of that other.

        Returns
        -------
        int
            0 where nothing was counted.
        """
        return sum(count.count for count in self.counts(name, arm=arm, other=other))

    def counts(
        self, name: str, *, arm: str | None = None, other: str | None = None
    ) -> Iterable[Count]:
        """Rows of the quality table for one counter.

        Parameters
        ----------
        name : str
        arm, other : str, optional
            Only counts of that arm, of that other.

        Returns
        -------
        iterable of Count
        """
        return (
            count
            for count in self.quality
            if count.name == name
            and (arm is None or count.arm == arm)
            and (other is None or count.other == other)
        )
