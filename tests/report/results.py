"""Hand-written results of every kind that a rendering has to show. Made up, but consistent."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pathlift.judgement.flow import flow_of
from pathlift.result.conversion_times import ConversionCurve, ConversionTimes
from pathlift.result.model import (
    Adjustment,
    ArmPart,
    ArmVerdict,
    Check,
    Completeness,
    ContrastLook,
    DataPart,
    Decision,
    Estimate,
    ExperimentPart,
    LabelRow,
    Looks,
    Omnibus,
    Orderings,
    Power,
    Provenance,
    Result,
    Sensitivity,
    Simultaneous,
    SourcePart,
    Span,
)
from pathlift.result.ties import TieBounds

Z = 1.959963984540054  # 97.5% quantile of the normal, to the last digit a double holds
CRITICAL = 2.2365  # any number above Z will do: these results are rendered, not believed
COMPLETE = (
    "need>touchpoint>trust",
    "need>trust>touchpoint",
    "touchpoint>need>trust",
    "touchpoint>trust>need",
    "trust>need>touchpoint",
    "trust>touchpoint>need",
)
HOSTILE = '<script>alert("x")</script> & | `tick` [link](http://x.test) *star*'


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What an estimate is made of."""

    arm: float
    control: float
    standard_error: float
    units: int = 20_000


def p_of(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def estimate(
    numbers: Numbers, *, arm: str, control: str = "search", family: int | None = 2, **fields: Any
) -> Estimate:
    """Build an estimate whose parts agree with each other."""
    difference = numbers.arm - numbers.control
    z = difference / numbers.standard_error
    half = Z * numbers.standard_error
    wide = CRITICAL * numbers.standard_error
    given: dict[str, Any] = {
        "estimand": "itt",
        "metric": "conversion",
        "kind": "proportion",
        "role": "primary",
        "better": "higher",
        "ordering": None,
        "segment": None,
        "arm_units": numbers.units,
        "control_units": numbers.units,
        "arm_value": numbers.control + difference,
        "control_value": numbers.control,
        "absolute": Span(estimate=difference, low=difference - half, high=difference + half),
        "relative": Span(
            estimate=difference / numbers.control,
            low=(difference - half) / numbers.control,
            high=(difference + half) / numbers.control,
        )
        if numbers.control
        else None,
        "standard_error": numbers.standard_error,
        "statistic": z,
        "df": None,
        "null_value": 0.0,
        "null_scale": "absolute",
        "p_value": p_of(z),
        "alpha": 0.05,
        "simultaneous": None
        if family is None
        else Simultaneous(
            absolute=Span(estimate=difference, low=difference - wide, high=difference + wide),
            relative=Span(
                estimate=difference / numbers.control,
                low=(difference - wide) / numbers.control,
                high=(difference + wide) / numbers.control,
            )
            if numbers.control
            else None,
            p_adjusted=min(1.0, family * p_of(z)),
            critical_value=CRITICAL,
            method="single-step max-|T| over the joint normal of the contrasts",
            family=f"{fields.get('metric', 'conversion')} x contrasts",
            members=family,
        ),
        "method": "Miettinen-Nurminen score interval",
        "adjustment": Adjustment(),
        "exact": True,
        "conclusion": "no_difference_shown"
        if abs(z) < Z
        else ("better" if (z > 0) == (fields.get("better", "higher") == "higher") else "worse"),
        "causal_status": "causal",
    }
    given.update(fields)
    dimension = given["segment"]
    level = "" if not dimension else ",".join(f"{k}={v}" for k, v in dimension.items())
    identity = "/".join(
        [
            given["estimand"],
            given["metric"] or "",
            given["ordering"] or "",
            level,
            f"{arm}-{control}",
        ]
    )
    return Estimate(id=identity, arm=arm, control=control, **given)


def missing(estimate_: Estimate, reason: str) -> Estimate:
    """The same contrast where nothing could be estimated."""
    return estimate_.model_copy(
        update={
            "arm_value": None,
            "control_value": None,
            "absolute": None,
            "relative": None,
            "standard_error": None,
            "statistic": None,
            "p_value": None,
            "simultaneous": None,
            "conclusion": "not_estimated",
            "not_estimated": {"reason": reason},
        }
    )


def journeys(*, title: str = "Does meeting the product first beat searching for it?") -> Result:
    """Three arms, three stages, every kind of estimate."""
    money = Adjustment(
        covariates=("prior_spend",),
        method="lin",
        variance_explained=0.2145,
        winsorized_at=412.5,
        winsorized_quantile=0.999,
        winsorized_units=61,
    )
    primary = [
        estimate(Numbers(arm=0.0553, control=0.0501, standard_error=0.0021), arm="content"),
        estimate(Numbers(arm=0.0512, control=0.0501, standard_error=0.0021), arm="influencer"),
    ]
    revenue: dict[str, Any] = {
        "metric": "revenue",
        "kind": "mean",
        "role": "secondary",
        "method": "difference of means, Lin-adjusted",
        "adjustment": money,
    }
    secondary = [
        estimate(
            Numbers(arm=3.4127, control=3.0712, standard_error=0.14), arm="content", **revenue
        ),
        estimate(
            Numbers(arm=2.7312, control=3.0712, standard_error=0.13), arm="influencer", **revenue
        ),
        estimate(
            Numbers(arm=58.31, control=57.9, standard_error=1.9),
            arm="content",
            metric="order_value",
            kind="ratio",
            role="secondary",
            method="delta method",
        ),
        missing(
            estimate(
                Numbers(arm=58.0, control=57.9, standard_error=1.9),
                arm="influencer",
                metric="order_value",
                kind="ratio",
                role="secondary",
                method="delta method",
            ),
            "the denominator's mean is within 4 standard errors of 0",
        ),
    ]
    guard: dict[str, Any] = {
        "metric": "refunds",
        "role": "guardrail",
        "better": "lower",
        "null_value": 0.005,
        "alpha": 0.025,
        "family": None,
    }
    guardrails = [
        estimate(
            Numbers(arm=0.0051, control=0.0048, standard_error=0.0008),
            arm="content",
            conclusion="non_inferior",
            **guard,
        ).model_copy(update={"p_value": 2.1e-9}),
        estimate(
            Numbers(arm=0.0131, control=0.0048, standard_error=0.0011),
            arm="influencer",
            conclusion="harmed",
            **guard,
        ).model_copy(update={"p_value": 0.9987}),
    ]
    segments = [
        estimate(
            Numbers(arm=0.05 + 0.002 * i, control=0.05, standard_error=0.004, units=5_000),
            arm=arm,
            segment={"country": level},
            family=6,
            flags=("exploratory",),
        )
        for arm in ("content", "influencer")
        for i, level in enumerate(("DE", "FR", None))
    ]
    shares = {
        "content": (0.9, 0.4, 1.8, 0.7, 0.5, 0.6),
        "influencer": (0.8, 0.4, 0.5, 0.3, 1.7, 1.2),
    }
    base = (1.7, 0.8, 0.6, 0.3, 0.4, 0.2)
    incidence = [
        estimate(
            Numbers(arm=shares[arm][i] / 100, control=base[i] / 100, standard_error=0.0009),
            arm=arm,
            estimand="incidence",
            role="secondary",
            better=None,
            ordering=ordering,
            family=12,
            conclusion="different"
            if abs(shares[arm][i] - base[i]) > 0.2
            else "no_difference_shown",
        )
        for arm in ("content", "influencer")
        for i, ordering in enumerate(COMPLETE)
    ]
    incidence += [
        estimate(
            Numbers(arm=0.0063, control=0.0101, standard_error=0.0007),
            arm=arm,
            estimand="incidence",
            role="secondary",
            better=None,
            ordering="other",
            family=None,
            conclusion="different",
        )
        for arm in ("content", "influencer")
    ]
    ordering_shares = [
        estimate(
            Numbers(arm=0.1 + 0.01 * i, control=0.12, standard_error=0.003),
            arm=arm,
            estimand="ordering_share",
            metric=None,
            role="secondary",
            better=None,
            ordering=ordering,
            family=12,
            conclusion="different",
        )
        for arm in ("content", "influencer")
        for i, ordering in enumerate(COMPLETE)
    ]
    labels = tuple(
        LabelRow(arm=arm, ordering=o, kind=kind, tied="=" in o, units=units, converted=converted)
        for arm in ("search", "content", "influencer")
        for o, kind, units, converted in (
            ("", "none", 9_000, 12),
            ("need", "partial", 3_000, 40),
            ("need>touchpoint", "partial", 2_500, 61),
            *((o, "complete", 900, 130) for o in COMPLETE),
            ("need=touchpoint>trust", "complete", 3, 1),
        )
    )
    return Result(
        experiment=ExperimentPart(
            name="journeys",
            title=title,
            hypothesis="Content lifts conversion by at least 3% against search.",
            status="stopped",
            definition_hash="5d1c" * 16,
            file="experiments/journeys.yaml",
        ),
        data=DataPart(
            sources=(
                SourcePart(
                    name="exposures",
                    files=("/data/journeys/exposures/part-0.parquet",),
                    rows=60_412,
                    bytes=812_345,
                ),
                SourcePart(
                    name="events",
                    files=tuple(
                        f"/data/journeys/events/day={day}/part-0.parquet" for day in range(42)
                    ),
                    rows=481_220,
                    bytes=9_812_345,
                ),
            ),
            fingerprint="ab12" * 16,
            watermark=datetime(2026, 4, 13, tzinfo=UTC),
            units=60_000,
            matured_units=60_000,
            interim=False,
            window="14d",
        ),
        arms=tuple(
            ArmPart(
                arm=arm,
                treatment=arm,
                ordering=ordering,
                control=arm == "search",
                analyzed=True,
                weight=1.0,
                units=units,
                matured_units=units,
                first_exposure=datetime(2026, 3, 2, 0, 3, 11, tzinfo=UTC),
                last_exposure=datetime(2026, 3, 29, 23, 58, 2, tzinfo=UTC),
            )
            for arm, ordering, units in (
                ("search", COMPLETE[0], 20_011),
                ("content", COMPLETE[2], 19_950),
                ("influencer", COMPLETE[4], 20_039),
            )
        ),
        checks=(
            Check(
                id="srm",
                severity="pass",
                scope="experiment",
                message="the split agrees with the declared weights",
                figures={"p_value": 0.9043, "statistic": 0.2012, "df": 2},
            ),
            Check(
                id="crossover",
                severity="warn",
                scope="experiment",
                message="412 units were seen in more than one arm; each counts in its first",
                figures={"units": 412, "share": 0.00687},
            ),
            Check(
                id="ties",
                severity="info",
                scope="orderings",
                message="9 units met two stages in the same second",
                figures={"units": 9},
            ),
            Check(
                id="clock",
                severity="not_checked",
                scope="experiment",
                message="the events have no received_at",
            ),
        ),
        omnibus=(
            Omnibus(
                estimand="itt",
                metric="conversion",
                ordering=None,
                segment=None,
                test="Wald test that all arms are equal",
                statistic=7.12,
                df=2,
                p_value=0.0284,
                causal_status="causal",
            ),
            Omnibus(
                estimand="interaction",
                metric="conversion",
                ordering=None,
                segment="country",
                test="Wald test of arm x level",
                statistic=None,
                df=None,
                p_value=None,
                causal_status="causal",
                not_estimated={"reason": "a level has no conversions"},
            ),
        ),
        estimates=(*primary, *secondary, *guardrails, *segments, *incidence, *ordering_shares),
        orderings=Orderings(
            labels=labels,
            intended={"search": COMPLETE[0], "content": COMPLETE[2], "influencer": COMPLETE[4]},
            completeness=tuple(
                Completeness(
                    arm=arm,
                    converted=1_000,
                    complete=870,
                    by_stage={"need": 940, "touchpoint": 990, "trust": 901},
                )
                for arm in ("search", "content", "influencer")
            ),
            ties=tuple(
                TieBounds(
                    of=f"incidence/conversion/{ordering}//{arm}-search",
                    ordering=ordering,
                    arm=arm,
                    control="search",
                    arm_tied=41,
                    control_tied=36,
                    in_neither=Span(estimate=-0.00742, low=-0.00953, high=-0.00521),
                    in_both=Span(estimate=-0.00751, low=-0.00974, high=-0.00543),
                    lowest=Span(estimate=-0.00902, low=-0.01121, high=-0.00683),
                    highest=Span(estimate=-0.00594, low=-0.00802, high=-0.00382),
                    sign_holds=True,
                )
                for ordering in COMPLETE
                for arm in ("content", "influencer")
            ),
        ),
        looks=Looks(method="fixed", look=1),
        decision=Decision(
            verdict="ship",
            arm="content",
            sentence="Ship content: conversion is better than search by 0.52 points.",
            reasons=("conversion is better", "refunds is not worse than its margin allows"),
            rule="any of conversion better, every guardrail non-inferior",
            arms=(
                ArmVerdict(arm="content", verdict="ship", reasons=("conversion is better",)),
                ArmVerdict(arm="influencer", verdict="do_not_ship", reasons=("refunds harmed",)),
            ),
        ),
        power=Power(
            primary="conversion",
            units=60_000,
            mde={"content-search": 0.0059, "influencer-search": 0.0060},
            critical_value=CRITICAL,
        ),
        sensitivity=(
            Sensitivity(
                of="itt/revenue///content-search",
                reading="unadjusted",
                metric="revenue",
                arm="content",
                control="search",
                arm_value=3.40,
                control_value=3.08,
                absolute=Span(estimate=0.32, low=0.01, high=0.63),
                standard_error=0.158,
                p_value=0.0428,
                method="difference of means",
            ),
        ),
        provenance=Provenance(
            versions={"pathlift": "0.1.0", "python": "3.11.7", "duckdb": "2.0.1"},
            engine="duckdb 2.0.1",
            command="pathlift analyze journeys",
            data_root=None,
            seed=None,
            sql={"labels": "select arm, '<b>' as x\nfrom unit_facts\nwhere a < b and c > d"},
            sql_hash="cd34" * 16,
            started=datetime(2026, 4, 14, 9, 0, 0, tzinfo=UTC),
            seconds={"collect": 1.214, "infer": 0.112},
        ),
    )


def invalid() -> Result:
    """The same with a split that contradicts the weights: every number stays visible."""
    result = journeys()
    srm = Check(
        id="srm",
        severity="fail",
        scope="experiment",
        message="the split contradicts the declared weights; mend the assignment",
        figures={"p_value": 1.3e-197},
    )
    return result.model_copy(
        update={
            "checks": (srm, *result.checks[1:]),
            "estimates": tuple(
                e.model_copy(update={"causal_status": "invalid"}) for e in result.estimates
            ),
            "decision": result.decision.model_copy(
                update={
                    "verdict": "invalid",
                    "arm": None,
                    "sentence": "Invalid: the split contradicts the declared weights.",
                    "reasons": ("check srm failed",),
                    "arms": (),
                }
            ),
        }
    )


def unbounded() -> Result:
    """Relative lifts without ends: the control's mean cannot be told from 0."""
    result = journeys()
    first = result.estimates[0].model_copy(
        update={
            "relative": Span(estimate=1.31, low=-0.2, high=None),
            "flags": ("few_counts", "unbounded"),
            "simultaneous": result.estimates[0].simultaneous.model_copy(  # type: ignore[union-attr]
                update={"relative": Span(estimate=1.31, low=None, high=None), "p_adjusted": 0.0}
            ),
            "p_value": 0.0,
        }
    )
    return result.model_copy(update={"estimates": (first, *result.estimates[1:])})


def totals() -> Result:
    """Two arms from sums: no times, no stages, no families."""
    result = journeys()
    kept = (
        estimate(
            Numbers(arm=0.1982, control=0.2188, standard_error=0.0044),
            arm="treated",
            control="control",
            metric="enrolled",
            family=None,
        ),
        estimate(
            Numbers(arm=0.1127, control=0.1171, standard_error=0.0034),
            arm="treated",
            control="control",
            metric="paid",
            role="secondary",
            family=None,
        ),
    )
    return result.model_copy(
        update={
            "experiment": result.experiment.model_copy(
                update={"name": "screener", "title": "", "hypothesis": ""}
            ),
            "data": result.data.model_copy(update={"watermark": None, "window": None}),
            "arms": tuple(
                ArmPart(
                    arm=arm,
                    treatment=None,
                    ordering=None,
                    control=arm == "control",
                    analyzed=True,
                    weight=1.0,
                    units=17_000,
                    matured_units=17_000,
                    first_exposure=None,
                    last_exposure=None,
                )
                for arm in ("control", "treated")
            ),
            "estimates": kept,
            "omnibus": (),
            "orderings": None,
            "sensitivity": (),
            "looks": Looks(method="fixed", look="unrecorded"),
            "power": Power(primary="enrolled", units=34_000),
            "decision": Decision(
                verdict="do_not_ship",
                arm="treated",
                sentence="Do not ship treated: enrolled is worse than control.",
                reasons=("enrolled is worse",),
                rule="any of enrolled better",
                arms=(ArmVerdict(arm="treated", verdict="do_not_ship", reasons=("worse",)),),
            ),
        }
    )


def hostile() -> Result:
    """Names and texts that try to become markup."""
    result = journeys(title=HOSTILE)
    return result.model_copy(
        update={
            "experiment": result.experiment.model_copy(update={"hypothesis": HOSTILE}),
            "checks": (
                result.checks[0].model_copy(update={"message": HOSTILE}),
                *result.checks[1:],
            ),
            "estimates": tuple(
                e.model_copy(update={"segment": {HOSTILE: HOSTILE}}) if e.segment else e
                for e in result.estimates
            ),
        }
    )


LONG = "x" * 300
TURNED = "\u202eevil\u2066"  # what follows would be written from right to left
HEBREW = "\u05d0\u05d1\u05d2"


def badly_named() -> Result:
    """The whole worked result with arms, a metric and a level that try to break out of a page."""
    text = everything().model_dump_json()
    for name, given in (
        ('"influencer', f'"{LONG}'),  # at the beginning of a string, so that ids keep their form
        ("content", "a'b`</script><script>alert(1)"),
        ("revenue", f"{HEBREW} 'r'"),
        ("Does meeting", TURNED),
    ):
        text = text.replace(name, given)
    return Result.model_validate_json(text)


def flowing() -> Result:
    """The worked result with its flow."""
    result = journeys()
    assert result.orderings is not None
    steps = flow_of(result.orderings.labels)
    return result.model_copy(
        update={"orderings": result.orderings.model_copy(update={"flow": steps})}
    )


def timed() -> Result:
    """The worked result with times of conversion: one arm of clusters, one curve that stops."""
    result = journeys()
    shares = {"search": 0.05, "content": 0.06, "influencer": 0.055}
    curves = []
    for arm, last in shares.items():
        spans = []
        for day in range(1, 15):
            share = last * day / 14
            half = None if arm == "influencer" else 0.002
            known = arm != "content" or day < 13
            spans.append(
                Span(
                    estimate=share if known else None,
                    low=share - half if half and known else None,
                    high=share + half if half and known else None,
                )
            )
        curves.append(
            ConversionCurve(
                arm=arm,
                units=20_000,
                at_risk=tuple(20_000 - 70 * day for day in range(14)),
                converted=(70,) * 14,
                cumulative=tuple(spans),
                half_within=None if arm == "content" else 7,
                no_interval="units of a cluster are not independent"
                if arm == "influencer"
                else None,
            )
        )
    times = ConversionTimes(
        metric="conversion",
        bin_hours=24,
        bins=14,
        complete=False,
        alpha=0.05,
        method="one minus the share not yet converted (Kaplan and Meier)",
        arms=tuple(curves),
        assumptions=("exposure date unrelated to outcome",),
    )
    return result.model_copy(update={"conversion_times": times})


def everything() -> Result:
    """The worked result with its flow, times and looks, while windows are open."""
    looked = looked_at()
    return looked.model_copy(
        update={
            "data": looked.data.model_copy(update={"interim": True, "matured_units": 41_000}),
            "orderings": flowing().orderings,
            "conversion_times": timed().conversion_times,
        }
    )


def looked_at() -> Result:
    """The worked result at the third of four looks; the ends of one look have no bound."""
    result = journeys()
    id = result.estimates[0].id
    fractions = (0.25, 0.5, 0.75)

    def look(number: int, low: float | None, high: float | None) -> ContrastLook:
        return ContrastLook(
            id=id,
            stage=number,
            units=number * 1_000,
            information_fraction=fractions[number - 1],
            fractions=fractions[:number],
            interval=Span(estimate=0.004, low=low, high=high),
        )

    ledger = tuple(
        {
            "version": 2,
            "look": number,
            "when": "2026-03-20T00:00:00+00:00",
            "definition": result.experiment.definition_hash,
            "data": f"data {number}",
            "watermark": datetime(2026, 3, 10 + number, tzinfo=UTC).isoformat(),
            "result": "",
            "plan": {},
            "units": {},
            "caps": {},
            "contrasts": [seen.model_dump(mode="json")],
        }
        for number, seen in ((1, look(1, None, None)), (2, look(2, -0.004, 0.012)))
    )
    looks = Looks(
        method="group_sequential",
        look=3,
        taken=3,
        contrasts=(look(3, 0.001, 0.007),),
        ledger=ledger,
    )
    return result.model_copy(update={"looks": looks})


def many_metrics(count: int = 20) -> Result:
    """The worked result with so many secondary metrics, and the SQL of a real run."""
    result = journeys()
    first = [e for e in result.estimates if e.role == "secondary" and e.metric == "revenue"]
    others = [
        each.model_copy(
            update={
                "metric": f"metric_{number}",
                "id": each.id.replace("revenue", f"metric_{number}"),
            }
        )
        for number in range(count - 4)  # four are there
        for each in first
    ]
    return result.model_copy(update={"estimates": (*result.estimates, *others)})


ALL = {
    "journeys": journeys,
    "invalid": invalid,
    "unbounded": unbounded,
    "totals": totals,
    "hostile": hostile,
}
