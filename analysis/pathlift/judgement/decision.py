"""What should be done, by the rule in the file? Reads estimates and checks, computes none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pathlift.inference.comparing import compared
from pathlift.judgement import sentences
from pathlift.judgement.deciding import deciding_metrics, guardrails, success_metrics
from pathlift.judgement.detecting import detectable, detectable_of_each
from pathlift.judgement.effects import gain
from pathlift.judgement.invalidation import metrics_hit
from pathlift.judgement.looking import as_decided, from_look
from pathlift.judgement.maturity import Maturity, of_metric
from pathlift.judgement.standing import Reading, read_guardrail, read_success
from pathlift.judgement.waiting import Waits, waits_of
from pathlift.registry.experiment import Experiment, Metric
from pathlift.result.model import ArmVerdict, Check, Decision, Estimate, Looks, Verdict
from pathlift.statistics.collected import Statistics

_BEST_FIRST: tuple[Verdict, ...] = (
    "invalid",  # of the whole experiment: no arm can be better off
    "ship",
    "keep_running",
    "inconclusive",
    "do_not_ship",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A treated arm with its verdict and what it was read from.

    Attributes
    ----------
    arm : str
    verdict : Verdict
    reasons : tuple of str
        In the order in which they decided.
    success, guardrails : tuple of Reading
    """

    arm: str
    verdict: Verdict
    reasons: tuple[str, ...]
    success: tuple[Reading, ...] = ()
    guardrails: tuple[Reading, ...] = ()


def decide(
    experiment: Experiment,
    statistics: Statistics,
    checks: Iterable[Check],
    estimates: Iterable[Estimate],
    looks: Looks | None = None,
) -> Decision:
    """Decide by the registered rule.

    Per treated arm the first that applies: invalid; do not ship (a guardrail is harmed or a success
    metric is worse); ship; keep running (a deciding metric is immature while the experiment runs);
    inconclusive. With fixed looks nothing is decided before every deciding metric is mature; with
    several, before half of the units are, and an experiment goes on up to its planned units. Before
    what the file calls too early nothing is decided either.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    checks : iterable of Check
    estimates : iterable of Estimate
        With validity marked.
    looks : Looks, optional
        With ``anytime``, what all looks together say decides.

    Returns
    -------
    Decision
        The best over the arms in the order ship, keep_running, inconclusive, do_not_ship; invalid
        where anything that decides is. Every treated arm is named in `arms` and in the sentence.
    """
    experiment, statistics = compared(experiment, statistics)
    checks, estimates = tuple(checks), as_decided(estimates, looks)
    if not experiment.metrics:
        return _checks_only(experiment, checks)
    deciding = deciding_metrics(experiment)
    failed = _that_invalidate(experiment, deciding, checks)
    maturities = {m.name: of_metric(experiment, statistics, m.name) for m in deciding}
    waits = waits_of(experiment, statistics, maturities)
    judged = [
        _judge(experiment, arm, failed=failed, waits=waits, estimates=estimates, looks=looks)
        for arm in _treated(experiment)
    ]
    return _roll_up(experiment, judged, failed, maturities, waits, looks)


def _checks_only(experiment: Experiment, checks: Sequence[Check]) -> Decision:
    failed = [check for check in checks if check.severity == "fail"]
    verdict: Verdict = "invalid" if failed else "inconclusive"
    reasons = tuple(_because(check) for check in failed) or ("checks_only",)
    return Decision(
        verdict=verdict,
        arm=None,
        sentence=sentences.invalid(failed, ()) if failed else sentences.CHECKS_ONLY,
        reasons=reasons,
        rule=sentences.rule(experiment, (), ()),
        arms=tuple(
            ArmVerdict(arm=arm, verdict=verdict, reasons=reasons) for arm in _treated(experiment)
        ),
    )


def _judge(
    experiment: Experiment,
    arm: str,
    *,
    failed: Sequence[Check],
    waits: Waits,
    estimates: Sequence[Estimate],
    looks: Looks | None,
) -> Judged:
    success = tuple(
        _with_its_look(read_success(experiment, m, arm, estimates), looks)
        for m in success_metrics(experiment)
    )
    guards = tuple(
        _with_its_look(read_guardrail(experiment, m, arm, estimates), looks)
        for m in guardrails(experiment)
    )
    readings = (*success, *guards)

    def judged(verdict: Verdict, reasons: Iterable[str]) -> Judged:
        return Judged(
            arm=arm,
            verdict=verdict,
            reasons=tuple(dict.fromkeys(reasons)),
            success=success,
            guardrails=guards,
        )

    invalid = [_because(check) for check in failed] or [
        f"{reading.metric.name} is invalid"
        for reading in readings
        if reading.estimate is not None and reading.estimate.causal_status == "invalid"
    ]
    if invalid:
        return judged("invalid", invalid)
    if not all(reading.compared for reading in readings):
        return judged("inconclusive", [r.reason for r in readings if not r.compared])
    bad = [r for r in readings if r.standing in ("harmed", "worse")]
    if bad:
        reasons = [reading.reason for reading in sorted(bad, key=_harm_first)]
        if waits.blocking:
            return judged("keep_running", [*waits.blocking, *_so_far(reasons)])
        return judged("do_not_ship", reasons)
    if _passes(experiment, success, guards):
        reasons = [r.reason for r in readings if r.standing in ("met", "held")]
        if waits.blocking:
            return judged("keep_running", [*waits.blocking, *_so_far(reasons)])
        return judged("ship", reasons)
    missing = [r.reason for r in readings if r.standing in ("short", "unknown", "not_shown")]
    if experiment.status == "running" and waits.open:
        return judged("keep_running", [*waits.open, *missing])
    return judged(
        "inconclusive", [*missing, *detectable_of_each(experiment, readings, looks), *waits.open]
    )


def _with_its_look(reading: Reading, looks: Looks | None) -> Reading:
    where = from_look(looks, reading.estimate) if reading.standing != "unknown" else ""
    return replace(reading, reason=f"{reading.reason} {where}") if where else reading


def _passes(experiment: Experiment, success: Sequence[Reading], guards: Sequence[Reading]) -> bool:
    """Something not estimated may be worse: then nothing passes."""
    if any(reading.standing == "unknown" for reading in success):
        return False
    met = [reading.standing == "met" for reading in success]
    enough = all(met) if experiment.decision.need == "all" else any(met)
    return bool(met) and enough and all(reading.standing == "held" for reading in guards)


def _roll_up(
    experiment: Experiment,
    judged: Sequence[Judged],
    failed: Sequence[Check],
    maturities: dict[str, Maturity],
    waits: Waits,
    looks: Looks | None,
) -> Decision:
    ranked = sorted(judged, key=lambda each: _rank(experiment, each))
    rule = sentences.rule(experiment, success_metrics(experiment), guardrails(experiment))
    if not ranked:
        return Decision(
            verdict="invalid" if failed else "inconclusive",
            arm=None,
            sentence=sentences.invalid(failed, ()) if failed else sentences.NO_TREATED_ARM,
            reasons=tuple(_because(check) for check in failed) or ("no treated arm is analysed",),
            rule=rule,
        )
    best = ranked[0]
    alike = [each for each in ranked if each.verdict == best.verdict]
    about = best.arm if best.verdict == "ship" or len(alike) == 1 else None
    if best.verdict == "invalid":
        about = None
    return Decision(
        verdict=best.verdict,
        arm=about,
        sentence=_sentence(experiment, ranked, failed, maturities, waits, looks),
        reasons=best.reasons
        if best.verdict == "invalid"
        else tuple(f"{each.arm}: {reason}" for each in ranked for reason in each.reasons),
        rule=rule,
        arms=tuple(
            ArmVerdict(arm=each.arm, verdict=each.verdict, reasons=each.reasons) for each in judged
        ),
    )


def _sentence(
    experiment: Experiment,
    ranked: Sequence[Judged],
    failed: Sequence[Check],
    maturities: dict[str, Maturity],
    waits: Waits,
    looks: Looks | None,
) -> str:
    best = ranked[0]
    others = [(each.arm, each.verdict) for each in ranked if each.verdict != best.verdict]
    alike = [each for each in ranked if each.verdict == best.verdict]
    match best.verdict:
        case "invalid":
            return sentences.invalid(failed, best.reasons)
        case "ship":
            return sentences.ship(
                experiment,
                best.arm,
                best.success,
                best.guardrails,
                [each.arm for each in alike[1:]],
                others,
            )
        case "keep_running":
            if waits.early:
                return sentences.too_early(experiment, waits.early, waits.left, others)
            if experiment.analysis.looks.kind != "fixed":
                return sentences.keep_looking(experiment, maturities, waits.left, others)
            return sentences.keep_running(
                experiment,
                {n: m for n, m in maturities.items() if not m.complete},
                waits.left,
                others,
            )
        case "inconclusive":
            every = [r for each in alike for r in (*each.success, *each.guardrails)]
            return sentences.inconclusive(
                [(each.arm, each.reasons) for each in alike],
                detectable(experiment, every, looks),
                others,
            )
        case "do_not_ship":
            return sentences.do_not_ship([(each.arm, each.reasons) for each in alike])


def _rank(experiment: Experiment, judged: Judged) -> tuple[int, float]:
    """Best verdict first; of several that ship, the best lift of the primary metric first."""
    order = _BEST_FIRST.index(judged.verdict)
    if judged.verdict != "ship":
        return order, 0.0
    by_role = sorted(judged.success, key=lambda reading: reading.metric.role != "primary")
    reading = by_role[0]
    return order, -gain(reading.metric, reading.estimate) if reading.estimate else 0.0


def _treated(experiment: Experiment) -> tuple[str, ...]:
    return tuple(arm.name for arm in experiment.analyzed_arms if not arm.control)


def _that_invalidate(
    experiment: Experiment, deciding: Iterable[Metric], checks: Iterable[Check]
) -> list[Check]:
    """Failed checks of the experiment, or of a metric that decides or is part of one that does."""

    def decides(check: Check) -> bool:
        parts = (part for m in deciding for part in metrics_hit(experiment, check, m.name))
        return check.scope == "experiment" or check.scope in {f"metric:{part}" for part in parts}

    return [check for check in checks if check.severity == "fail" and decides(check)]


def _so_far(reasons: Iterable[str]) -> list[str]:
    return [f"so far {each}" for each in reasons]


def _because(check: Check) -> str:
    return f"check {check.id} failed: {check.message}"


def _harm_first(reading: Reading) -> bool:
    return reading.standing != "harmed"
