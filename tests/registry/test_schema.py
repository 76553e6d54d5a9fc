"""The JSON Schema that editors use is the grammar; the reference page names every key."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from pathlift.places import examples_folder
from pathlift.registry.fields import Part
from pathlift.registry.schema import FILE, experiment_schema

EXAMPLES = sorted(examples_folder().glob("*.yaml"), key=lambda path: path.name)
CASES = Path(__file__).parents[1] / "cases" / "registry"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(experiment_schema())
    return Draft202012Validator(experiment_schema())


def document(path: Path) -> Any:
    # Days stay text in JSON.
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(path), default=str))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_fits_the_schema(path: Path, validator: Draft202012Validator) -> None:
    assert list(validator.iter_errors(document(path))) == []


@pytest.mark.parametrize(
    "name",
    [
        "unknown_key_on_top",
        "unknown_key_in_arm",
        "unknown_kind",
        "unknown_stage",
        "unknown_status",
        "unknown_treatment",
        "weight_zero",
        "winsorize_of_one",
        "winsorize_of_a_proportion",
        "duration_in_weeks",
        "no_data",
        "reserved_keys",
    ],
)
def test_what_an_editor_can_know_it_marks(name: str, validator: Draft202012Validator) -> None:
    assert list(validator.iter_errors(document(CASES / f"{name}.yaml")))


def test_the_schema_beside_the_examples_is_that_of_the_model() -> None:
    written = json.loads((examples_folder() / FILE).read_text(encoding="utf-8"))
    assert written == experiment_schema()


def models() -> Iterator[type[Part]]:
    waiting: list[type[Part]] = [Part]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        if model.model_fields:
            yield model


@pytest.mark.parametrize("model", list(models()), ids=lambda model: model.__name__)
def test_every_key_says_what_it_is_and_has_a_row_in_the_reference(model: type[Part]) -> None:
    reference = (examples_folder() / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)`", reference))
    for name, field in model.model_fields.items():
        key = field.alias or name
        assert field.description, f"{model.__name__}.{key} has no description"
        assert key in named, f"{key} is missing in experiments/README.md"
