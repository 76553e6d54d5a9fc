"""Text, JSON and Markdown of one analysis say the same, whatever the experiment is.

Real experiments where their data are, and the worked examples on generated data; all through
the command line. Every number that text and Markdown print is the JSON's number, rounded.
"""

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
from tests.acceptance.printed import Key, Line, hold, key_of, lines_of_markdown, lines_of_text

CHECKOUT = Path(__file__).parents[2]
REAL = CHECKOUT / "tests" / "real" / "experiments"

pytestmark = pytest.mark.engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One analysis as it was printed, and the same result rendered again from what was saved."""

    document: dict[str, Any]
    json: str
    saved_json: str
    text: str
    markdown: str


def pathlift(*tokens: str) -> str:
    """Run a command line that has to succeed; return what it wrote to stdout."""
    from pathlift.cli.app import run

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(list(tokens))
    assert code == 0, err.getvalue()
    return out.getvalue()


def printed(definition: Path, results: Path, *more: str) -> Printed:
    as_json = pathlift(
        "analyze", str(definition), "--format", "json", "--results", str(results), *more
    )
    (saved,) = results.rglob("latest.json")
    return Printed(
        document=json.loads(as_json),
        json=as_json,
        saved_json=pathlift("report", str(saved), "--format", "json"),
        text=pathlift("report", str(saved), "--format", "text"),
        markdown=pathlift("report", str(saved), "--format", "md"),
    )


def printed_rees46(data: Path, folder: Path) -> Printed:
    """An A/A test: arms by the parity of the user, exposed at the first view."""
    log, exposures = data / "rees46_events_sample.csv", folder / "exposures.csv"
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select user_id, case when user_id % 2 = 0 then 'A' else 'B' end as arm, "
            f"min(event_time) as exposed_at from read_csv('{log}') where event_type = 'view' "
            f"group by user_id) to '{exposures}' (format csv)"
        )
    definition = folder / "experiments" / "rees46.yaml"
    definition.parent.mkdir()
    text = (REAL / "rees46.yaml.txt").read_text(encoding="utf-8")
    definition.write_text(text.format(exposures=exposures, log=log), encoding="utf-8")
    return printed(definition, folder / "results", "--as-of", "2019-10-02")


def _journeys(registry: Path) -> None:
    from pathlift.simulation import scenario, write_logs

    write_logs(scenario("journeys").sized(600), registry)


def _prompts(registry: Path) -> None:
    from pathlift.simulation import scenario, write_logs

    write_logs(scenario("prompt_order").sized(600), registry)


def _ab(registry: Path) -> None:
    from pathlift.cli.samples import write_ab

    write_ab(registry)


def _value(registry: Path) -> None:
    from pathlift.cli.value_sample import write_value

    write_value(registry)


def _totals(registry: Path) -> None:
    from pathlift.cli.samples import write_totals

    write_totals(registry)


WORKED: dict[str, Callable[[Path], None]] = {
    "journeys": _journeys,
    "journeys, interim": _journeys,
    "checkout_button": _ab,
    "free_trial": _totals,
    "prompt_order": _prompts,
    "beyond_gmv": _value,
}
INTERIM = ("--as-of", "2026-03-26")  # windows of 14 days are open for half of the units
REALS = [*sorted(path.stem for path in REAL.glob("*.yaml")), "rees46"]


@pytest.fixture(scope="module")
def made() -> dict[str, Printed]:
    """What was printed so far, by name: each experiment is analysed once."""
    return {}


@pytest.fixture(
    params=[*WORKED, *(pytest.param(name, marks=pytest.mark.real) for name in REALS)],
)
def one(
    request: pytest.FixtureRequest,
    made: dict[str, Printed],
    tmp_path_factory: pytest.TempPathFactory,
) -> Printed:
    name = request.param
    if name not in made:
        folder = tmp_path_factory.mktemp(name)
        if name in WORKED:
            stem, *interim = name.split(", ")
            definition = folder / "experiments" / f"{stem}.yaml"
            definition.parent.mkdir()
            shutil.copy(CHECKOUT / "experiments" / definition.name, definition)
            WORKED[name](definition.parent)
            made[name] = printed(definition, folder / "results", *(INTERIM if interim else ()))
        elif name == "rees46":
            made[name] = printed_rees46(request.getfixturevalue("data_folder"), folder)
        else:
            data = request.getfixturevalue("data_folder")
            more = ("--data-root", str(data))
            made[name] = printed(REAL / f"{name}.yaml", folder / "results", *more)
    return made[name]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """Return what `pathlift schema result` prints."""
    found: dict[str, Any] = json.loads(pathlift("schema", "result"))
    return found


def test_the_json_is_one_document_that_the_published_schema_accepts(
    one: Printed, schema: dict[str, Any]
) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(one.document, schema)
    assert one.saved_json == one.json


@pytest.mark.parametrize("rendering", ["text", "markdown"])
def test_every_estimate_is_printed_once_and_its_numbers_are_those_of_the_json(
    one: Printed, rendering: str
) -> None:
    rows: list[tuple[Key, Line]] = list(
        lines_of_text(one.text) if rendering == "text" else lines_of_markdown(one.markdown)
    )
    by_key = dict(rows)
    assert len(by_key) == len(rows), "no row stands twice"
    expected = {key_of(estimate): estimate for estimate in one.document["estimates"]}
    assert set(by_key) == set(expected)
    for key, estimate in expected.items():
        hold(by_key[key], estimate)


def test_a_wrong_digit_would_be_noticed(one: Printed) -> None:
    expected = {key_of(estimate): estimate for estimate in one.document["estimates"]}
    for key, line in lines_of_text(one.text):
        if line.difference not in ("–", "0"):
            digits = line.difference.removesuffix(" pp")
            wrong = digits[:-1] + str((int(digits[-1]) + 2) % 10)
            wrong += line.difference.removeprefix(digits)
            with pytest.raises(AssertionError):
                hold(replace(line, difference=wrong), expected[key])


def test_all_three_say_the_same_sentence_and_name_every_check(one: Printed) -> None:
    sentence = one.document["decision"]["sentence"]
    assert sentence in one.text
    assert _plain(sentence) in _plain(one.markdown)
    for check in one.document["checks"]:
        assert check["id"] in one.text
        assert check["id"] in one.markdown.replace("\\", "")
        if check["severity"] in ("warn", "fail", "info"):
            assert check["message"] in one.text
            assert _plain(check["message"]) in _plain(one.markdown)


def _plain(text: str) -> str:
    """Text without the marks of Markdown."""
    return text.replace("\\", "").replace("*", "").replace("`", "")


def test_counts_of_units_stand_in_all_three(one: Printed) -> None:
    for arm in one.document["arms"]:
        assert f"{arm['units']:,}" in one.text
        assert f"{arm['units']:,}" in one.markdown


def test_a_folder_is_printed_whole_in_each_format_and_goes_on_after_a_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from pathlift.cli.app import run

    registry = tmp_path / "experiments"
    registry.mkdir()
    for name in ("checkout_button", "free_trial"):
        shutil.copy(CHECKOUT / "experiments" / f"{name}.yaml", registry)
        WORKED[name](registry)
    (registry / "aaa.yaml").write_text("arms: [", encoding="utf-8")
    results = ("--results", str(tmp_path / "results"))

    assert run(["analyze", str(registry), "--format", "json", *results]) == 1
    said = capsys.readouterr()
    documents = json.loads(said.out)
    assert {d["experiment"]["name"] for d in documents} == {"checkout_button", "free_trial"}
    assert "aaa.yaml" in said.err

    assert run(["analyze", str(registry), "--format", "jsonl", *results]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["decision"] for line in lines] == [d["decision"] for d in documents]

    for format in ("text", "md"):
        assert run(["analyze", str(registry), "--format", format, *results]) == 1
        out = capsys.readouterr().out
        for document in documents:
            assert document["decision"]["sentence"] in out.replace("\\", "")

    (registry / "aaa.yaml").unlink()
    assert run(["analyze", str(registry), *results]) == 0
