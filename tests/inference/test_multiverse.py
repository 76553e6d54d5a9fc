"""Orderings under other rules: as an experiment with these rules reads them; counts by hand."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pytest
from tests.support.experiments import arm, conversion, experiment
from tests.support.units import cell_table, statistics_of

from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.inference.multiverse import multiverse
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import (
    ConditionRule,
    Experiment,
    Expression,
    Preset,
    StageDefinition,
)
from pathlift.result.multiverse import LabelAgreement, Multiverse
from pathlift.statistics.cells import UNKNOWN, CellTable, all_codes, label
from pathlift.statistics.collected import Statistics
from pathlift.statistics.multiverse import BASE, CrossTable, Pair, PresetTable
from pathlift.statistics.multiverse import Multiverse as Tables

STAGES = ("need", "touchpoint", "trust")
ARMS = ("search", "content", "influencer")
INTENDED = dict(
    zip(
        ARMS,
        (STAGES, ("touchpoint", "need", "trust"), ("trust", "need", "touchpoint")),
        strict=True,
    )
)
RULES = ("base", "loose", "strict")


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Columns of units: those of class 1 are mature; labels by set of rules."""

    arms: list[str]
    maturity: list[int]
    labels: dict[str, list[int]]
    converted: list[int]


def drawn(seed: int, n: int = 900) -> Units:
    """Three arms and a holdout; every label but unknown under each set of rules."""
    rng = np.random.default_rng(seed)
    codes = [code for code in all_codes() if code != UNKNOWN]
    base = rng.choice(codes, n)
    turned = {
        rules: np.where(rng.random(n) < share, rng.choice(codes, n), base).tolist()
        for rules, share in zip(RULES, (0.0, 0.3, 0.8), strict=True)
    }
    return Units(
        arms=[(*ARMS, "holdout")[i] for i in rng.integers(0, 4, n)],
        maturity=rng.integers(0, 2, n).tolist(),
        labels=turned,
        converted=(rng.random(n) < 0.4).astype(int).tolist(),
    )


def cells(units: Units, rules: str) -> CellTable:
    """Cells of both classes; the helper makes those of one."""
    parts = []
    for maturity in (0, 1):
        rows = [i for i, m in enumerate(units.maturity) if m == maturity]
        table = cell_table(
            [units.arms[i] for i in rows],
            [units.labels[rules][i] for i in rows],
            [units.converted[i] for i in rows],
        )
        parts.append((maturity, table))
    return CellTable(
        covariates=(),
        cells=tuple(replace(c, maturity=m) for m, table in parts for c in table.cells),
        **{
            name: np.concatenate([getattr(table, name) for _, table in parts])
            for name in ("units", "converted", "covariate_sums", "converted_covariate_sums")
        },
    )


def statistics(units: Units, own: str = BASE, presets: tuple[str, ...] = RULES[1:]) -> Statistics:
    """Statistics under one set of rules, with the tables of the others beside."""
    mature = [i for i, m in enumerate(units.maturity) if m]
    made = statistics_of(
        [units.arms[i] for i in mature],
        {"conversion": [units.converted[i] for i in mature]},
        declared=(*ARMS, "holdout"),
    )
    pairs = [(one, other) for i, one in enumerate(RULES) for other in RULES[i + 1 :]]
    crossed = []
    for one, other in pairs:
        counts: Counter[Pair] = Counter()
        bought: Counter[Pair] = Counter()
        for i, name in enumerate(units.arms):
            pair = Pair(
                arm=name,
                maturity=units.maturity[i],
                one=units.labels[one][i],
                other=units.labels[other][i],
            )
            counts[pair] += 1
            bought[pair] += units.converted[i]
        crossed.append(CrossTable(one=one, other=other, units=counts, converted=bought))
    return replace(
        made,
        label_class=1,
        cells=cells(units, own),
        multiverse=Tables(
            presets=tuple(PresetTable(preset=name, cells=cells(units, name)) for name in presets),
            pairs=tuple(crossed) if presets else (),
        ),
    )


def rule(stage: str, text: str) -> StageDefinition:
    return StageDefinition(
        name=stage,  # type: ignore[arg-type]
        rules=(ConditionRule(condition=Expression(text=text)),),
    )


OWN = tuple(rule(stage, f"event = '{stage}'") for stage in STAGES)
LOOSE = Preset(name="loose", stages=(OWN[0], rule("touchpoint", "event like 't%'"), OWN[2]))
STRICT = Preset(name="strict", stages=(rule("need", "event = 'cart'"), *OWN[1:]))


def journeys(**changes: object) -> Experiment:
    made = experiment(
        [
            *(arm(a, control=a == "search", ordering=INTENDED[a]) for a in ARMS),
            arm("holdout", analyzed=False),
        ],
        [conversion()],
        stages=STAGES,
        presets=(LOOSE, STRICT),
        multiplicity="none",
    )
    return replace(made, stages=OWN, **changes)  # type: ignore[arg-type]


def infer(exp: Experiment, tables: Statistics) -> Inferred:
    return estimate_all(exp, tables, declare_families(exp))


def found(exp: Experiment, tables: Statistics) -> Multiverse:
    read = infer(exp, tables).multiverse
    assert read is not None
    return read


def test_a_preset_is_read_as_an_experiment_with_its_rules_would_be() -> None:
    units = drawn(1)
    inferred = infer(journeys(), statistics(units))
    assert inferred.multiverse is not None
    base = {e.id: e for e in inferred.estimates}
    expected = []
    for preset in ("loose", "strict"):
        alone = infer(journeys(presets=()), statistics(units, preset, presets=()))
        assert alone.multiverse is None
        own = {e.id: e for e in alone.estimates}
        intended = {">".join(path) for path in INTENDED.values()}
        kept = [
            e
            for e in own.values()
            if e.estimand == "incidence"
            or (
                e.estimand == "ordering_share"
                and e.ordering in intended & {">".join(INTENDED[a]) for a in (e.arm, e.control)}
            )
        ]
        assert len(kept) == 14 + 4  # seven names of two contrasts; each arm's own and the control's
        expected += [(preset, e) for e in kept]
    readings = inferred.multiverse.readings
    assert [(r.preset, r.of) for r in readings] == [(preset, e.id) for preset, e in expected]
    for reading, (_, estimate) in zip(readings, expected, strict=True):
        for field in (
            "arm_value", "control_value", "absolute", "standard_error", "p_value", "method",
            "flags", "not_estimated",
        ):  # fmt: skip
            assert getattr(reading, field) == getattr(estimate, field), field
        there, here = base[reading.of].absolute, reading.absolute
        if there is None or here is None:
            assert reading.sign_changes is None
            continue
        assert there.estimate is not None
        assert here.estimate is not None
        assert reading.sign_changes == (there.estimate * here.estimate < 0)
    changed = {r.of for r in readings if r.sign_changes}
    assert changed
    fragile = inferred.multiverse.fragile
    assert len(fragile) == len(changed)
    assert set(fragile) == changed == {e.id for e in base.values() if "fragile" in e.flags}
    order = [r.of for r in readings if r.sign_changes]
    assert list(fragile) == sorted(changed, key=order.index)


def test_rules_and_stages_seen_are_told_by_preset() -> None:
    units = drawn(2)
    loose, strict = found(journeys(), statistics(units)).presets
    assert (loose.preset, strict.preset) == ("loose", "strict")
    assert loose.rules == {"touchpoint": ("event like 't%'",)}
    assert strict.rules == {"need": ("event = 'cart'",)}
    for preset in (loose, strict):
        seen = dict.fromkeys(STAGES, 0)
        for i, name in enumerate(units.arms):
            ranks = np.unravel_index(units.labels[preset.preset][i], (4, 4, 4))
            if name in ARMS and units.maturity[i]:
                for stage, rank in zip(STAGES, ranks, strict=True):
                    seen[stage] += int(rank > 0)
        assert preset.seen == seen


def test_a_label_in_outage_shows_no_stage() -> None:
    units = drawn(3)
    hidden = [UNKNOWN if i % 5 == 0 else c for i, c in enumerate(units.labels["loose"])]
    tables = statistics(replace(units, labels=units.labels | {"loose": hidden}))
    loose = found(journeys(), tables).presets[0]
    for place, stage in enumerate(STAGES):
        assert loose.seen[stage] == sum(
            name in ARMS and m == 1 and c != UNKNOWN and np.unravel_index(c, (4, 4, 4))[place] > 0
            for name, m, c in zip(units.arms, units.maturity, hidden, strict=True)
        )


def by_hand(units: Units, told: LabelAgreement) -> tuple[int, int, float]:
    """Units, those that agree, and Cohen's kappa (1960): (p_o - p_e) / (1 - p_e)."""
    pairs = [
        (units.labels[told.one][i], units.labels[told.other][i])
        for i, name in enumerate(units.arms)
        if (name == told.arm or (told.arm is None and name in ARMS))
        and units.maturity[i]
        and (units.converted[i] or told.of == "units")
    ]
    agreeing, n = sum(a == b for a, b in pairs), len(pairs)
    one, other = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(one[code] * other[code] for code in one) / n**2
    return n, agreeing, (agreeing / n - chance) / (1 - chance)


def test_agreement_is_that_of_units_one_by_one() -> None:
    units = drawn(4)
    rows = found(journeys(), statistics(units)).agreement
    assert [(r.one, r.other, r.arm, r.of) for r in rows] == [
        (one, other, name, of)
        for one, other in (("base", "loose"), ("base", "strict"), ("loose", "strict"))
        for name in (None, *ARMS)
        for of in ("units", "converted")
    ]
    for row in rows:
        n, agreeing, kappa = by_hand(units, row)
        assert (row.units, row.agreeing) == (n, agreeing)
        assert row.share == agreeing / n
        assert row.kappa == pytest.approx(kappa, rel=1e-12)  # sums of doubles in another order
        assert row.not_estimated is None
        assert row.causal_status == "descriptive"
    # fewer labels turn under the looser rules, so that they agree more (drawn: 30% against 80%)
    assert all(rows[i].kappa > rows[i + 8].kappa for i in range(8))  # type: ignore[operator]


def test_without_converted_units_agreement_has_no_share_and_says_so() -> None:
    units = replace(drawn(5), converted=[0] * 900)
    rows = found(journeys(), statistics(units)).agreement
    for row in rows:
        if row.of == "converted":
            assert (row.units, row.agreeing, row.share, row.kappa) == (0, 0, None, None)
            assert row.not_estimated == {"reason": "there are no units to compare"}
        else:
            assert row.not_estimated is None


def test_readings_of_what_nobody_took_have_no_sign() -> None:
    units = drawn(6)
    path, other = (next(c for c in all_codes() if label(c).ordering == name) for name in (
        "need>touchpoint>trust", "trust>touchpoint>need"))  # fmt: skip
    nobody = [other if c == path else c for c in units.labels["loose"]]
    inferred = infer(
        journeys(), statistics(replace(units, labels=units.labels | {"loose": nobody}))
    )
    assert inferred.multiverse is not None
    lost = [
        r
        for r in inferred.multiverse.readings
        if r.preset == "loose" and "/need>touchpoint>trust/" in r.of
    ]
    assert len(lost) == 4
    for reading in lost:
        assert reading.not_estimated is not None
        assert reading.absolute is None
        assert reading.sign_changes is None


def test_equal_arms_point_nowhere_so_no_sign_changes() -> None:
    """Base labels with no difference at all: 0 has no sign that could change."""
    units = drawn(7)
    same = Units(
        arms=list(ARMS) * 300,
        maturity=[1] * 900,
        labels={
            "base": [c for c in units.labels["base"][:300] for _ in ARMS],
            "loose": units.labels["loose"],
            "strict": units.labels["strict"],
        },
        converted=[c for c in units.converted[:300] for _ in ARMS],
    )
    read = found(journeys(), statistics(same))
    assert not any(r.sign_changes for r in read.readings)
    assert read.fragile == ()


def test_without_presets_there_is_none_and_without_metrics_no_contrast_is_read() -> None:
    units = drawn(8)
    assert multiverse(journeys(presets=()), statistics(units, presets=()), "", ()) is None
    checks = replace(journeys(), metrics=(), conversion=None)
    read = multiverse(checks, statistics(units), "", ())
    assert read is not None
    assert (read.readings, read.fragile) == ((), ())
    assert len(read.agreement) == 24
    assert all(sum(preset.seen.values()) for preset in read.presets)


def test_one_label_for_all_is_agreement_that_says_nothing() -> None:
    units = drawn(9)
    constant = {rules: [27] * 900 for rules in RULES}
    for row in found(journeys(), statistics(replace(units, labels=constant))).agreement:
        assert (row.share, row.kappa) == (1.0, None)
        assert row.not_estimated == {"reason": "every unit has the same label under both"}
