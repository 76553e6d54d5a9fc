"""Small data that fit the worked examples, for a new registry. Made up, and the same every time."""

import csv
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

_SEED = 20260302
_CUSTOMERS = 6_000
_DAYS = 28
_UNITS_PER_ARM = 3_000


def write_journeys(registry: Path) -> None:
    """Write logs for ``journeys.yaml``: the simulated world of the demo, with fewer units.

    Parameters
    ----------
    registry : Path
        Folder of the definition; receives ``data/journeys``.
    """
    from pathlift.simulation import scenario, write_logs

    write_logs(scenario("journeys").sized(_UNITS_PER_ARM), registry)


def write_prompts(registry: Path) -> None:
    """Write logs for ``prompt_order.yaml``: its simulated world, with fewer units.

    Parameters
    ----------
    registry : Path
        Folder of the definition; receives ``data/prompt_order``.
    """
    from pathlift.simulation import scenario, write_logs

    write_logs(scenario("prompt_order").sized(_UNITS_PER_ARM), registry)


def write_ab(registry: Path) -> None:
    """Write one row per customer for ``checkout_button.yaml``.

    Parameters
    ----------
    registry : Path
        Receives ``data/checkout_button/customers.parquet``.
    """
    import polars

    draw = random.Random(_SEED)
    rows = [_customer(number, draw) for number in range(1, _CUSTOMERS + 1)]
    folder = registry / "data" / "checkout_button"
    folder.mkdir(parents=True)
    polars.DataFrame(rows).write_parquet(folder / "customers.parquet")


def write_totals(registry: Path) -> None:
    """Write one row per day and one file per arm for ``free_trial.yaml``.

    Parameters
    ----------
    registry : Path
        Receives ``data/free_trial/plain.csv`` and ``question.csv``.
    """
    draw = random.Random(_SEED)
    folder = registry / "data" / "free_trial"
    folder.mkdir(parents=True)
    for arm, enrolling, paying in (("plain", 0.22, 0.53), ("question", 0.20, 0.57)):
        with (folder / f"{arm}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(("Date", "Pageviews", "Clicks", "Enrollments", "Payments"))
            for day in range(_DAYS):
                table.writerow(_day(day, draw, enrolling=enrolling, paying=paying))


def _customer(number: int, draw: random.Random) -> dict[str, Any]:
    """A customer whose spending goes with that of the month before."""
    green = draw.random() < 0.5
    keen = draw.lognormvariate(0, 0.6)
    converted = draw.random() < min(0.9, (0.115 if green else 0.10) * keen)
    return {
        "customer_id": f"c{number:05}",
        "button": "green" if green else "grey",
        "device": "phone" if draw.random() < 0.6 else "desktop",
        "spend_before": round(20 * keen * draw.lognormvariate(0, 0.3), 2),
        "converted": converted,
        "spend": round(35 * keen * draw.lognormvariate(0, 0.4), 2) if converted else 0.0,
        "returned": converted and draw.random() < 0.05,
    }


def _day(
    number: int, draw: random.Random, *, enrolling: float, paying: float
) -> tuple[str | int, ...]:
    pageviews = draw.randint(8_000, 9_500)
    clicks = _successes(pageviews, 0.08, draw)
    enrollments = _successes(clicks, enrolling, draw)
    payments = _successes(enrollments, paying, draw)
    day = date(2026, 3, 2) + timedelta(days=number)
    return day.isoformat(), pageviews, clicks, enrollments, payments


def _successes(trials: int, share: float, draw: random.Random) -> int:
    return sum(draw.random() < share for _ in range(trials))
