"""Looks at growing data, without files: counts in, statistics and earlier looks out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.inference.looking import plan_of
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Experiment, LookPlan
from pathlift.result.looks import Earlier
from pathlift.statistics.cells import CellTable
from pathlift.statistics.collected import ArmFacts, Statistics
from pathlift.statistics.moments import Group, MomentTable, Variable, objects

Counts = Mapping[str, tuple[int, int]]
"""Conversions and units by arm."""


def planned(experiment: Experiment, **plan: object) -> Experiment:
    """The same experiment with another plan of looks."""
    looks = LookPlan(**plan)  # type: ignore[arg-type]
    return replace(experiment, analysis=replace(experiment.analysis, looks=looks))


def counted(counts: Counts, metric: str = "conversion") -> Statistics:
    """Statistics of one proportion over mature units."""

    def table(rows: Counts) -> MomentTable:
        return MomentTable(
            variables=(Variable(name=metric),),
            pairs=((metric, metric),),
            groups=tuple(Group(arm=arm) for arm in rows),
            units=objects(([n] for _, n in rows.values()), 1)[:, 0],
            sums=objects(([x] for x, _ in rows.values()), 1),
            products=objects(([x] for x, _ in rows.values()), 1),
            cubes=objects(([x] for x, _ in rows.values()), 1),
            cubed=(metric,),
        )

    return Statistics(
        arms=tuple(ArmFacts(arm=arm, units=n, matured_units=n) for arm, (_, n) in counts.items()),
        metric_class={metric: 0},
        moments=table(counts),
        days=table({}),
        segments=table({}),
        cells=CellTable(
            covariates=(),
            cells=(),
            units=objects((), 1)[:0, 0],
            converted=objects((), 1)[:0, 0],
            covariate_sums=objects((), 0),
            converted_covariate_sums=objects((), 0),
        ),
    )


def remembered(look: int, experiment: Experiment, inferred: Inferred, counts: Counts) -> Earlier:
    """A look as later ones find it in the ledger."""
    return Earlier(
        look=look,
        definition=experiment.definition_hash,
        plan=plan_of(experiment),
        units={arm: n for arm, (_, n) in counts.items()},
        caps={},
        contrasts={contrast.id: contrast for contrast in inferred.looks},
    )


def looked(experiment: Experiment, looks: Sequence[Counts]) -> tuple[list[Inferred], list[Earlier]]:
    """What inference says at each of several looks, and what the ledger then holds."""
    families = declare_families(experiment)
    found: list[Inferred] = []
    earlier: list[Earlier] = []
    for number, counts in enumerate(looks, 1):
        inferred = estimate_all(
            experiment, counted(counts), families, earlier=tuple(earlier), look=number
        )
        found.append(inferred)
        earlier.append(remembered(number, experiment, inferred, counts))
    return found, earlier
