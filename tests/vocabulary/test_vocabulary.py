"""Every word that a result can say is explained, and explained once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from tests.report import results

from pathlift import analyze, load_experiment
from pathlift.inference import valuing
from pathlift.inference.label_groups import Estimand
from pathlift.judgement.checks.every import CHECK_IDS as RUN
from pathlift.places import examples_folder
from pathlift.registry.document import LooksPart, MultiplicityPart
from pathlift.registry.experiment import Metric
from pathlift.registry.family_forms import FamilyForm
from pathlift.registry.thresholds import THRESHOLDS
from pathlift.report.methods import method_meanings
from pathlift.report.words import CONCLUSION, ESTIMAND, FLAGS, SEVERITY, STATUS, VERDICT
from pathlift.result.increments import Finding
from pathlift.result.model import SCHEMA, CausalStatus, Conclusion, Result, Severity, Verdict
from pathlift.result.schema import result_schema
from pathlift.simulation import scenario, write_logs
from pathlift.vocabulary import checks, estimands, readings
from pathlift.vocabulary.keys import keys_of
from pathlift.vocabulary.methods import METHODS, methods_in
from pathlift.vocabulary.topics import spelled, topics

CODE = Path(__file__).parents[2] / "analysis" / "pathlift"
HAND_WRITTEN = (
    results.journeys,
    results.invalid,
    results.unbounded,
    results.totals,
    results.looked_at,
    results.flowing,
    results.timed,
)


FAMILIES = tuple(
    get_args(form.model_fields["kind"].annotation)[0] for form in get_args(get_args(FamilyForm)[0])
)


def test_every_check_is_explained_in_the_order_of_the_result() -> None:
    assert list(checks.CHECKS) == list(RUN)
    assert set(THRESHOLDS) <= set(checks.CHECKS)


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        pytest.param(get_args(Verdict), readings.VERDICTS, id="verdicts"),
        pytest.param(get_args(Severity), readings.SEVERITIES, id="severities"),
        pytest.param(get_args(CausalStatus), readings.STATUSES, id="statuses"),
        pytest.param(
            (*get_args(Conclusion), *get_args(Finding)),
            {**readings.CONCLUSIONS, **readings.FINDINGS},
            id="conclusions",
        ),
        pytest.param(get_args(Estimand), estimands.ESTIMANDS, id="estimands-of-labels"),
        pytest.param(ESTIMAND, estimands.ESTIMANDS, id="estimands-of-the-report"),
        pytest.param(FLAGS, readings.FLAGS, id="flags-of-the-report"),
        pytest.param(VERDICT, readings.VERDICTS, id="verdicts-of-the-report"),
        pytest.param(CONCLUSION, readings.CONCLUSIONS, id="conclusions-of-the-report"),
        pytest.param(SEVERITY, readings.SEVERITIES, id="severities-of-the-report"),
        pytest.param(STATUS, readings.STATUSES, id="statuses-of-the-report"),
        pytest.param(
            get_args(Metric.__annotations__["kind"]), estimands.KINDS, id="kinds-of-metrics"
        ),
        pytest.param(FAMILIES, estimands.FAMILY_KINDS, id="kinds-of-families"),
        pytest.param(
            (
                *get_args(MultiplicityPart.model_fields["method"].annotation),
                *get_args(LooksPart.model_fields["kind"].annotation),
                "obf",
                "pocock",
                "hsd",
            ),
            {method.name: method.text for method in METHODS},
            id="methods-of-a-definition",
        ),
    ],
)
def test_every_word_of_a_kind_is_explained(words: tuple[str, ...], texts: dict[str, str]) -> None:
    assert words
    assert [word for word in words if word not in texts] == []


def literals(name: str) -> Iterator[tuple[str, str]]:
    """Texts that our numbers give to a keyword of that name, or to a constant called like it."""
    for file, node in nodes():
        if gives(node, name):
            assert isinstance(node, ast.keyword | ast.Assign)
            for text in texts_of(node.value):
                yield file, text


@cache
def nodes() -> tuple[tuple[str, ast.AST], ...]:
    """Every keyword and assignment of the code that makes numbers, with its file."""
    return tuple(
        (path.name, node)
        for package in ("inference", "portfolio")
        for path in sorted((CODE / package).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword | ast.Assign)
    )


def gives(node: ast.AST, name: str) -> bool:
    """Whether a node gives a value to a keyword of that name, or to a constant called like it."""
    if isinstance(node, ast.Assign):
        named = (target.id for target in node.targets if isinstance(target, ast.Name))
        return any(one.strip("_") == name.upper() for one in named)
    return isinstance(node, ast.keyword) and node.arg == name


def texts_of(value: ast.expr) -> Iterator[str]:
    """The texts of an expression; of an f-string what stands still in it."""
    match value:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(
                part.value
                for part in parts
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )
        case ast.IfExp(body=body, orelse=other):
            yield from texts_of(body)
            yield from texts_of(other)
        case _:
            pass


@pytest.mark.parametrize("name", ["method", "test"])
def test_every_method_that_the_code_names_is_explained(name: str) -> None:
    # one word without a capital, such as `means`, is a key between functions and never printed
    told = [(file, text) for file, text in literals(name) if " " in text.strip()]
    assert told
    assert [one for one in told if not methods_in(one[1])] == []


@pytest.mark.parametrize("name", ["reading", "flags"])
def test_every_other_reading_and_flag_that_the_code_names_is_explained(name: str) -> None:
    known = estimands.READINGS if name == "reading" else readings.FLAGS
    told = {text for _, text in literals(name)}
    assert told - set(known) == set()


def test_every_flag_of_a_lift_without_ends_is_explained() -> None:
    assert set(valuing.UNBOUNDED.values()) <= set(readings.FLAGS)


def test_every_word_that_the_schema_of_a_result_allows_is_explained() -> None:
    def words(part: object) -> Iterator[str]:
        match part:
            case dict():
                yield from (word for word in part.get("enum", ()) if isinstance(word, str))
                yield from (word for word in [part.get("const")] if isinstance(word, str))
                yield from (word for each in part.values() for word in words(each))
            case list():
                yield from (word for each in part for word in words(each))

    known = {topic.name for topic in topics()} | set(keys_of(result_schema()))
    told = set(words(result_schema())) - {SCHEMA}
    assert len(told) > 30
    assert told - known == set()


@pytest.mark.parametrize("made", HAND_WRITTEN)
def test_a_report_explains_every_method_of_its_result(made: object) -> None:
    assert callable(made)
    result: Result = made()
    explained = {name for name, _ in method_meanings(result)}
    for estimate in result.estimates:
        assert {one.name for one in methods_in(estimate.method)} <= explained
    assert explained


def test_a_name_is_one_topic_of_its_kind_and_spelled_as_it_is_looked_up() -> None:
    every = [(topic.kind, topic.name) for topic in topics()]
    assert len(set(every)) == len(every)
    assert [name for _, name in every if spelled(name) != name] == []


def test_every_text_is_a_sentence() -> None:
    for topic in topics():
        assert topic.text == topic.text.strip(), topic.name
        # statuses stand behind a colon in reports, so they begin small and end without a full stop
        if topic.kind != "causal status":
            assert topic.text[0].isupper() or topic.text[0] == "`", topic.name
            assert topic.text.endswith((".", "?")), topic.name


@pytest.mark.engine
def test_every_method_of_a_journey_is_explained(tmp_path: Path) -> None:
    write_logs(scenario("journeys").sized(400), tmp_path)
    definition = examples_folder() / "journeys.yaml"
    result = analyze(load_experiment(definition, data_root=tmp_path))
    said = [
        *(one.method for one in result.estimates if one.not_estimated is None),
        *(one.simultaneous.method for one in result.estimates if one.simultaneous),
        *(one.test for one in result.omnibus),
        *(one.method for one in result.sensitivity),
    ]
    assert len(said) > 50
    assert sorted({one for one in said if not methods_in(one)}) == []
