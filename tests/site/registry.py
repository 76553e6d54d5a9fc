"""A registry with one of everything that a site has to show, and the results that were saved."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.report.results import HOSTILE, hostile, invalid, journeys, totals, unbounded

from pathlift.result.model import Result
from pathlift.result.saving import save

FIRST = datetime(2026, 3, 20, tzinfo=UTC)
DEFINITION = """\
title: {title}
status: {status}
tags: [{tags}]
unit: customer_id
data: {{units: data/customers.csv, columns: {{arm: button}}}}
arms:
  grey: {{control: true}}
  green: {{}}
metrics:
  conversion: {{kind: proportion, column: converted, role: primary}}
"""


def named(result: Result, name: str) -> Result:
    """The same result of an experiment of another name."""
    experiment = result.experiment.model_copy(update={"name": name})
    return result.model_copy(update={"experiment": experiment})


def seen_on(result: Result, day: int) -> Result:
    """The same result, of data that end some days later, run at noon of the day after."""
    end = FIRST + timedelta(days=day)
    started = end + timedelta(hours=12)
    return result.model_copy(
        update={
            "data": result.data.model_copy(update={"watermark": end}),
            "provenance": result.provenance.model_copy(update={"started": started}),
        }
    )


def define(folder: Path, name: str, *, title: str, status: str = "running", tags: str = "") -> None:
    """Write a definition."""
    folder.mkdir(parents=True, exist_ok=True)
    text = DEFINITION.format(title=json.dumps(title), status=status, tags=tags)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def everything(folder: Path) -> tuple[Path, Path]:
    """Fill a folder; where the definitions lie, and where the results."""
    registry, results = folder / "experiments", folder / "results"
    define(registry, "journeys", title="Does meeting the product first sell?", tags="kitchen, q2")
    define(registry, "waiting", title="Nobody has run this yet", status="draft", tags="kitchen")
    define(registry, "old_format", title="Only an older result is left", status="archived")
    define(registry, "hostile", title=HOSTILE, status="stopped", tags=json.dumps(HOSTILE))
    (registry / "refused.yaml").write_text("title: No arms\n", encoding="utf-8")
    for day in (0, 7, 14):
        save(seen_on(journeys(), day), results)
    save(named(hostile(), "hostile"), results)
    save(named(invalid(), "invalid"), results)
    save(named(unbounded(), "unbounded"), results)
    save(named(totals(), "totals, 50% off #2"), results)  # a folder that an address has to quote
    older = results / "old_format" / "2026-01-01-00000000.json"
    older.parent.mkdir(parents=True)
    older.write_text('{"schema": "pathlift.result/0"}', encoding="utf-8")
    (results / "journeys" / "broken.json").write_text("{", encoding="utf-8")
    return registry, results
