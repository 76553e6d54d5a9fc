"""The rules of design 4, read a second time: one unit after the other, in plain Python.

Shares no code with the SQL, and is slow on purpose: every rule is a loop over a unit's rows.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
HOUR = 3_600_000_000
UNKNOWN = 63
ARMS = ("a", "b", "c", "held")
WINDOW, LONG, LAG, INGESTION = 6 * HOUR, 20 * HOUR, 2 * HOUR, 1 * HOUR
LANDMARK = 100 * HOUR // 60
LOOKBACK = {"need": 12 * HOUR, "touchpoint": 12 * HOUR, "trust": 30 * HOUR}
DEFAULT_LOOKBACK = 12 * HOUR
ZONE = ZoneInfo("America/New_York")
RECEIVED = {"a": "x", "b": "y"}
LENGTHS = sorted({WINDOW + INGESTION, LONG + INGESTION + LAG, LONG + INGESTION})


@dataclass
class Expected:
    """What a run over the log has to find."""

    units: list[Row] = field(default_factory=list)
    quality: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def read(
    exposures: list[Row],
    events: list[Row],
    left_out: list[str],
    *,
    watermark: int,
    resolution: int,
    counts_as: str | None,
    crossovers: str,
    misdelivered: str,
    priority: tuple[str, ...] = (),
    outages: tuple[tuple[int, int], ...] = (),
) -> Expected:
    """Facts of every analysed unit, and the counters."""
    found = Expected()
    count = found.quality
    kept = []
    for row in exposures:
        if row["at"] >= watermark:
            count["exposure_after_watermark", row["arm"], ""] += 1
            continue
        count["exposure_rows", row["arm"], ""] += 1
        wrong = row["arm"] in RECEIVED and row["received"] != RECEIVED[row["arm"]]
        if wrong:
            count["misdelivered", row["arm"], ""] += 1
        if not (wrong and misdelivered == "exclude"):
            kept.append(row)
    of_unit = defaultdict(list)
    for row in kept:
        of_unit[row["shopper"]].append(row)
    log = defaultdict(list)
    for row in events:
        if row["at"] >= watermark:
            count["event_after_watermark", "", ""] += 1
            continue
        count["event_rows_read", "", ""] += 1
        log[row["shopper"]].append(row)
    for shopper, rows in log.items():
        if shopper not in of_unit:
            count["events_without_exposed_unit", "", ""] += len(rows)
    start = _midnight(2026, 3, 7)
    stop = _midnight(2026, 3, 10)
    for shopper, rows in of_unit.items():
        t0 = min(row["at"] for row in rows)
        first = [row for row in rows if row["at"] == t0]
        arms = sorted({row["arm"] for row in first}, key=ARMS.index)
        arm = arms[0]
        if shopper in left_out:
            if start <= t0 < stop:
                count["excluded_units", arm, ""] += 1
            continue
        if not start <= t0 < stop:
            count["units_outside_period", arm, "early" if t0 < start else "late"] += 1
            continue
        if len(arms) > 1:
            count["ambiguous_first_arm", arm, arms[1]] += 1
            continue
        known = {}
        for column in ("prior", "country", "platform", "again", "team", "group"):
            values = {row[column] for row in first}
            count["conflicting_columns", arm, column] += len(values) > 1
            known[column] = min((v for v in values if v is not None), default=None)
        count["duplicate_exposures", arm, ""] += sum(row["arm"] == arm for row in rows) - 1
        others = [row for row in rows if row["arm"] != arm]
        if others:
            following = min(others, key=lambda row: (row["at"], ARMS.index(row["arm"])))
            count["crossed", arm, following["arm"]] += 1
            if crossovers == "exclude":
                continue
        mine, copies = _once(log.get(shopper, []))
        count["duplicate_events", arm, ""] += copies
        facts = _journey(mine, t0, resolution, counts_as, priority)
        if any(t0 < stop and start < t0 + WINDOW for start, stop in outages):
            facts |= {"label": UNKNOWN, "lm_elig": 0, "lm_conv": 0}
        facts |= known
        facts["arm"] = arm
        facts["t0"] = t0
        facts["maturity"] = sum(t0 + length <= watermark for length in LENGTHS)
        facts["day"] = (
            (datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC")) + timedelta(microseconds=t0))
            .astimezone(ZONE)
            .date()
            .isoformat()
        )
        count["units_with_events", arm, ""] += bool(mine)
        count["event_rows", arm, ""] += len(mine)
        count["purchase_at_exposure", arm, ""] += any(
            row["event"] == "purchase" and row["at"] == t0 for row in mine
        )
        count["clock_skewed", arm, ""] += sum(
            row["got"] is not None and abs(row["got"] - row["at"]) > 24 * HOUR for row in mine
        )
        count["missing_covariate", arm, "prior"] += known["prior"] is None
        if facts["maturity"] >= 1 and facts["label"] not in (0, UNKNOWN):
            count["labelled", arm, ""] += 1
            count["mechanical", arm, ""] += facts["at_start"]
            for stage in facts["with_purchase"]:
                count["purchase_tied", arm, stage] += 1
        found.units.append(facts)
    return found


def _midnight(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=ZONE).timestamp()) * 1_000_000


def _once(rows: list[Row]) -> tuple[list[Row], int]:
    """Rows without copies of an event id, and how many copies went."""
    by_id = defaultdict(list)
    kept = []
    for row in rows:
        if row["id"] is None:
            kept.append(row)
        else:
            by_id[row["id"]].append(row)
    copies = 0
    for same in by_id.values():
        copies += len(same) - 1
        # received first; then the smallest row: copies of these logs differ in time only
        kept.append(min(same, key=lambda r: (r["got"] is None, r["got"] or 0, r["at"])))
    return kept, copies


def _journey(
    rows: list[Row], t0: int, resolution: int, counts_as: str | None, priority: tuple[str, ...]
) -> Row:
    rows = sorted(rows, key=lambda row: row["at"])
    bought = [
        row["at"] for row in rows if row["event"] == "purchase" and t0 < row["at"] < t0 + WINDOW
    ]
    purchase = bought[0] if bought else None
    times: dict[str, int] = {}
    fired: Counter[tuple[str, int]] = Counter()
    baseline = 0
    for weight, stage in ((1, "need"), (2, "touchpoint"), (4, "trust")):
        met = []
        for number, rule in enumerate(_RULES[stage]):
            at = [row["at"] for row in rows if rule(row) and t0 <= row["at"] < t0 + WINDOW]
            fired[stage, number] = bool(at)
            met += at
            early = t0 - LOOKBACK[stage]
            if any(rule(row) and early <= row["at"] < t0 for row in rows):
                baseline |= weight
        if stage == "trust":
            crossed = _crossing([r for r in rows if t0 <= r["at"] < t0 + WINDOW])
            fired[stage, 1] = crossed is not None
            met += [] if crossed is None else [crossed]
            before = [r for r in rows if t0 - LOOKBACK[stage] <= r["at"] < t0]
            if _crossing(before) is not None:
                baseline |= weight
        if stage == counts_as:
            met = [t0]
        if met and (purchase is None or min(met) <= purchase):
            times[stage] = min(met)
    places = {stage: _place(at, resolution) for stage, at in times.items()}
    bought_in = None if purchase is None else _place(purchase, resolution)
    with_purchase = [stage for stage, place in places.items() if place == bought_in]
    if priority:  # a little later for every stage that is named before
        places = {
            stage: place + Fraction(priority.index(stage), 3) for stage, place in places.items()
        }
    label = 0
    for weight, stage in ((16, "need"), (4, "touchpoint"), (1, "trust")):
        if stage in places:
            label += weight * (1 + sum(place < places[stage] for place in places.values()))
    in_order = len(set(places.values())) == 3  # all stages, no two in one place
    last = max(times.values(), default=0)
    followed = in_order and last <= t0 + WINDOW - LANDMARK
    within = [row for row in rows if t0 < row["at"] < t0 + WINDOW]
    longer = [row for row in rows if t0 < row["at"] < t0 + LONG]
    history = [row for row in rows if t0 - DEFAULT_LOOKBACK <= row["at"] < t0]
    paid = [row for row in within if row["event"] == "purchase"]
    return {
        "label": label,
        "baseline": baseline,
        "purchase_at": purchase,
        "stages_at": times,
        "with_purchase": with_purchase,
        "at_start": any(at == t0 for at in times.values()),
        "conversion": int(purchase is not None),
        "lm_elig": int(followed),
        "lm_conv": int(followed and purchase is not None and last <= purchase < last + LANDMARK),
        "revenue": sum(row["cents"] or 0 for row in paid),
        "orders": len(paid),
        "refunds": int(any(row["event"] == "refund" for row in longer)),
        "net": sum((-1 if row["event"] == "refund" else 1) * (row["cents"] or 0) for row in longer),
        "dwell": sum(row["dwell_s"] or 0.0 for row in within),
        "prior_cents": sum(row["cents"] or 0 for row in history if row["event"] == "purchase"),
        "prior_views": sum(row["event"] == "view" for row in history),
        "fired": fired,
    }


def _place(at: int, resolution: int) -> Fraction:
    """The cell of the grid; the time itself where it is exact."""
    return Fraction(at if resolution == 0 else at // resolution)


_RULES: dict[str, list[Callable[[Row], bool]]] = {
    "need": [lambda row: row["event"] in ("search", "both")],
    "touchpoint": [
        lambda row: row["event"] == "view",
        lambda row: row["event"] == "impression" and (row["visible_ms"] or 0) >= 1000,
        lambda row: row["event"] == "both",
    ],
    "trust": [lambda row: row["event"] == "review" and (row["dwell_ms"] or 0) >= 3000],
}


def _crossing(rows: list[Row]) -> int | None:
    """When the watch time of any one creator, NULL being one, reaches 30 s."""
    found = []
    for creator in {row["creator"] for row in rows}:
        watched = [row for row in rows if row["creator"] == creator and row["watch_ms"]]
        for at in sorted({row["at"] for row in watched}):
            if sum(row["watch_ms"] for row in watched if row["at"] <= at) >= 30_000:
                found.append(at)
                break
    return min(found, default=None)
