"""Whatever happens to a file, it ends in an experiment or in a message: never in a traceback."""

import copy
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pathlift.errors import DefinitionError
from pathlift.places import examples_folder
from pathlift.registry.experiment import Experiment
from pathlift.registry.loading import load_experiment
from pathlift.registry.reading import read, read_bytes
from pathlift.registry.resolve import definition_hash, resolve
from pathlift.registry.written import Written

EXAMPLES = sorted(examples_folder().glob("*.yaml"), key=lambda path: path.name)
SPLINTERS = [
    *[":", ",", "-", "#", "&", "*", "!", "|", ">", "%", "@", "`", "{", "}", "[", "]", "?", "~"],
    *[".", "=", "null", "true", "0", "-1", ".nan", ".inf", "1e400", "14d"],
    "\n",
    "\n  ",
    "\t",
    "\x00",
    "é",
    "---\n",
    "<<: ",
    "!!python/object:os.system ",
    "9" * 400,
    "{}",
    "[]",
    "[[]]",
    "{a: {b: {c: []}}}",
    "select",
    "(",
]


def loaded(written_or_raw: Written | bytes, file: str = "journeys.yaml") -> Experiment | None:
    try:
        written = (
            read_bytes(written_or_raw, file)
            if isinstance(written_or_raw, bytes)
            else written_or_raw
        )
        return resolve(written)
    except DefinitionError as refusal:
        unclear = [problem for problem in refusal.problems if not problem.message]
        if unclear or not refusal.problems:
            pytest.fail(f"a refusal without a reason: {refusal.problems}")
        return None


@given(st.sampled_from(EXAMPLES), st.integers(0, 2**32), st.integers(1, 4))
def test_text_with_random_edits_is_loaded_or_refused(path: Path, seed: int, edits: int) -> None:
    text = path.read_text(encoding="utf-8")
    draw = random.Random(seed)
    for _ in range(edits):
        at = draw.randrange(len(text))
        length = draw.choice([0, 0, 1, 3, 10, 60])
        text = text[:at] + draw.choice([*SPLINTERS, ""]) + text[at + length :]
    loaded(text.encode("utf-8", "surrogatepass"))


@given(st.sampled_from(EXAMPLES), st.integers(0, 2**32), st.integers(1, 3))
def test_bytes_with_random_edits_are_loaded_or_refused(path: Path, seed: int, edits: int) -> None:
    raw = bytearray(path.read_bytes())
    draw = random.Random(seed)
    for _ in range(edits):
        raw[draw.randrange(len(raw))] = draw.randrange(256)
    loaded(bytes(raw))


VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 10**400, 0.5, float("nan"), float("inf"), "", " ", "x", "14d",
    "2026-03-02", "control", [], [[]], ["x"], ["x", "x"], [None], {}, {"x": "y"}, {"x": {}},
    {"column": "x"}, {"sum": "x"}, {"absolute": 1}, {"kind": "mean"}, {"path": {}},
]  # fmt: skip


@given(st.sampled_from(EXAMPLES), st.integers(0, 2**32), st.integers(1, 3))
def test_values_of_another_form_are_loaded_or_refused(path: Path, seed: int, edits: int) -> None:
    document = YAML(typ="safe", pure=True).load(path)
    draw = random.Random(seed)
    for _ in range(edits):
        _put(document, draw)
    loaded(_written(path, document))


def _put(document: Any, draw: random.Random) -> None:
    node: Any = document
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = draw.choice(keys)
        if isinstance(node[key], dict | list) and draw.random() < 0.7:
            node = node[key]
            continue
        if isinstance(node, dict) and draw.random() < 0.2:
            node[draw.choice(["null", "unit", "x", "columns", "window"])] = copy.deepcopy(
                draw.choice(VALUES)
            )
        else:
            node[key] = copy.deepcopy(draw.choice(VALUES))
        return


def _written(path: Path, document: dict[str, Any]) -> Written:
    """The same places with other values, as if the file said so."""
    original = read(path)
    return Written(
        file=original.file,
        lines=original.lines,
        root=original.root,
        value=_without_null(document),
        problems=(),
        refused=frozenset(),
    )


def _without_null(node: Any) -> Any:
    # Reading refuses missing values, so that no model meets one.
    match node:
        case dict():
            return {k: _without_null(v) for k, v in node.items() if v is not None}
        case list():
            return [_without_null(value) for value in node if value is not None]
        case int() | float() | str():
            return node
        case _:
            return str(node)


@given(st.sampled_from(EXAMPLES), st.randoms(use_true_random=False))
def test_the_order_of_keys_on_top_changes_nothing_but_places(
    path: Path, draw: random.Random
) -> None:
    original = read(path)
    document = dict(original.value)
    keys = list(document)
    draw.shuffle(keys)
    shuffled = loaded(_written(path, {key: document[key] for key in keys}))
    # The same tree gives the same places, so whole experiments can be compared.
    assert shuffled == resolve(original)


def test_comments_layout_and_order_do_not_change_the_hash() -> None:
    one = read_bytes(b"a: {b: 1, c: [x, y]}  # why\nd: 2\n", "x.yaml")
    other = read_bytes(b"d: 2\na:\n  c:\n    - x\n    - y\n  b: 1\n", "x.yaml")
    assert definition_hash(one.value) == definition_hash(other.value)


@pytest.mark.parametrize("changed", [b"a: 2", b"a: '1'", b"b: 1", b"a: [1]"])
def test_every_other_value_changes_the_hash(changed: bytes) -> None:
    one, other = read_bytes(b"a: 1", "x.yaml"), read_bytes(changed, "x.yaml")
    assert definition_hash(one.value) != definition_hash(other.value)


def test_the_name_of_the_file_is_the_name_of_the_experiment(tmp_path: Path) -> None:
    copy = tmp_path / "renamed.yaml"
    copy.write_bytes(EXAMPLES[0].read_bytes())
    assert load_experiment(copy).name == "renamed"
