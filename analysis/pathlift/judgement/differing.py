"""What differs between two results: definition, data, numbers, verdict? Reads no data."""

from collections.abc import Iterator

from pathlift.judgement import words
from pathlift.registry.changes import changes
from pathlift.result.difference import CheckChange, Difference, EstimateChange, ResultName
from pathlift.result.model import Amendment, Estimate, Result

_SAME = 1e-9  # of a number's own size: what only another order of adding leaves


def difference(before: Result, after: Result) -> Difference:
    """Hold two results against each other.

    Parameters
    ----------
    before, after : Result

    Returns
    -------
    Difference
    """
    known = bool(before.experiment.definition) and bool(after.experiment.definition)
    definition = tuple(
        Amendment(path=change.path, before=change.before, after=change.after)
        for change in (
            changes(before.experiment.definition, after.experiment.definition) if known else ()
        )
    )
    estimates = tuple(_estimates(before, after))
    same_data = before.data.fingerprint == after.data.fingerprint
    return Difference(
        sentence=_sentence(before, after, len(definition), estimates),
        before=_named(before),
        after=_named(after),
        definition=definition,
        definition_known=known,
        same_definition=before.experiment.definition_hash == after.experiment.definition_hash,
        same_data=same_data,
        same_queries=before.provenance.sql_hash == after.provenance.sql_hash,
        versions={
            name: (was, now)
            for name in dict.fromkeys((*before.provenance.versions, *after.provenance.versions))
            if (was := before.provenance.versions.get(name))
            != (now := after.provenance.versions.get(name))
        },
        checks=tuple(_checks(before, after)),
        estimates=estimates,
    )


def _named(result: Result) -> ResultName:
    watermark = result.data.watermark
    return ResultName(
        experiment=result.experiment.name,
        started=result.provenance.started.isoformat(timespec="seconds"),
        watermark=None if watermark is None else watermark.isoformat(timespec="seconds"),
        fingerprint=result.data.fingerprint,
        units=result.data.units,
        verdict=result.decision.verdict,
        sentence=result.decision.sentence,
    )


def _checks(before: Result, after: Result) -> Iterator[CheckChange]:
    old = {(check.id, check.scope): check for check in before.checks}
    new = {(check.id, check.scope): check for check in after.checks}
    for key in dict.fromkeys((*new, *old)):
        was, now = old.get(key), new.get(key)
        if (was and was.severity) != (now and now.severity):
            told = now or was
            yield CheckChange(
                id=key[0],
                scope=key[1],
                before=None if was is None else was.severity,
                after=None if now is None else now.severity,
                message="" if told is None else told.message,
            )


def _estimates(before: Result, after: Result) -> Iterator[EstimateChange]:
    old = {estimate.id: estimate for estimate in before.estimates}
    new = {estimate.id: estimate for estimate in after.estimates}
    for id in dict.fromkeys((*new, *old)):
        was, now = old.get(id), new.get(id)
        if was is None or now is None or not _same(was, now):
            yield EstimateChange(
                id=id,
                before=None if was is None else was.absolute,
                after=None if now is None else now.absolute,
                moved=_moved(was, now),
                p_before=None if was is None else was.p_value,
                p_after=None if now is None else now.p_value,
                conclusion_before=None if was is None else was.conclusion,
                conclusion_after=None if now is None else now.conclusion,
            )


def _same(was: Estimate, now: Estimate) -> bool:
    numbers = [_numbers(was), _numbers(now)]
    return (was.conclusion, was.causal_status, was.flags) == (
        now.conclusion,
        now.causal_status,
        now.flags,
    ) and all(_close(one, other) for one, other in zip(*numbers, strict=True))


def _numbers(estimate: Estimate) -> tuple[float | None, ...]:
    spans = (estimate.absolute, estimate.relative)
    ends = [
        getattr(span, end) if span is not None else None
        for span in spans
        for end in ("estimate", "low", "high")
    ]
    adjusted = None if estimate.simultaneous is None else estimate.simultaneous.p_adjusted
    return (*ends, estimate.p_value, adjusted, estimate.arm_value, estimate.control_value)


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _SAME * max(abs(one), abs(other))


def _moved(was: Estimate | None, now: Estimate | None) -> float | None:
    if was is None or now is None or was.absolute is None or now.absolute is None:
        return None
    if not was.standard_error or was.absolute.estimate is None or now.absolute.estimate is None:
        return None
    return (now.absolute.estimate - was.absolute.estimate) / was.standard_error


def _sentence(
    before: Result, after: Result, amended: int, estimates: tuple[EstimateChange, ...]
) -> str:
    told = []
    if before.experiment.name != after.experiment.name:
        told.append(
            f"these are two experiments, {before.experiment.name} and {after.experiment.name}"
        )
    was, now = before.decision.verdict, after.decision.verdict
    verdict = now.replace("_", " ")
    told.append(
        f"the verdict is still {verdict}"
        if was == now
        else f"the verdict went from {was.replace('_', ' ')} to {verdict}"
    )
    if before.experiment.definition_hash != after.experiment.definition_hash:
        told.append(
            f"{words.count(amended)} {'value' if amended == 1 else 'values'} of the definition "
            "changed"
            if amended
            else "the definition changed"
        )
    if before.data.fingerprint != after.data.fingerprint:
        grown = after.data.units - before.data.units
        told.append(f"the data changed ({grown:+,} units)")
    moved = len(estimates)
    told.append(
        "no number moved"
        if not moved
        else f"{words.count(moved)} of {words.count(len(after.estimates))} estimates came, went or "
        "moved"
    )
    text = "; ".join(told)
    return f"{text[0].upper()}{text[1:]}."
