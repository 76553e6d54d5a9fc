"""YAML as people and attackers write it: answered at once, with a place, and never half."""

import time

import pytest

from pathlift.errors import DefinitionError
from pathlift.registry.reading import LARGEST, read_bytes
from pathlift.registry.written import Written


def read_text(text: str) -> Written:
    return read_bytes(text.encode(), "x.yaml")


def refusal(raw: bytes | str) -> str:
    with pytest.raises(DefinitionError) as refused:
        read_bytes(raw.encode() if isinstance(raw, str) else raw, "x.yaml")
    return str(refused.value)


def billion_laughs() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 10):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(billion_laughs(), "more than 20,000 values", id="alias bomb"),
        pytest.param("a: &a [*a]", "nested deeper", id="alias of itself"),
        pytest.param("a: " + "[" * 5_000, "nested deeper", id="deep list"),
        pytest.param("a: " + "{b: " * 5_000, "nested deeper", id="deep mapping"),
        pytest.param(
            "\n".join(" " * i + "a:" for i in range(600)), "nested deeper", id="deep block"
        ),
        pytest.param("a: [" + "1," * 30_000 + "]", "more than 20,000 values", id="long list"),
        pytest.param("a: " + "x" * LARGEST, "at most 200,000 characters", id="long file"),
    ],
)
def test_a_file_that_would_run_away_is_answered_at_once(raw: str, message: str) -> None:
    start = time.perf_counter()
    assert message in refusal(raw)
    # Generous for a busy machine; expanding the bomb would take hours.
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1", "cp1252"])
def test_other_encodings_than_utf_8_are_refused(encoding: str) -> None:
    assert "line 1 is not UTF-8" in refusal("title: Größe".encode(encoding))


def test_a_byte_order_mark_of_utf_8_is_no_part_of_the_text() -> None:
    assert read_bytes("title: Größe".encode("utf-8-sig"), "x.yaml").value == {"title": "Größe"}


def test_windows_line_ends_change_nothing() -> None:
    text = "title: One\narms: {a: {}, b: {}}\n"
    assert read_text(text.replace("\n", "\r\n")).value == read_text(text).value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"),  # true in YAML 1.1
        ("NO", "NO"),  # false in YAML 1.1: the code of Norway
        ("true", True),
        ("12", 12),
        ("010", 10),  # 8 in YAML 1.1
        ("0x10", 16),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("12:30:45", "12:30:45"),  # 45045 in YAML 1.1
        ("2026-03-02", "2026-03-02"),  # days are read where a day belongs
        ('"1"', "1"),
        ("'null'", "null"),
    ],
)
def test_values_are_those_of_yaml_1_2(written: str, value: object) -> None:
    found = read_text(f"a: {written}").value["a"]
    assert found == value
    assert type(found) is type(value)


def test_null_is_a_key_like_any_other() -> None:
    assert read_text("spend: {null: zero}").value == {"spend": {"null": "zero"}}


def test_an_alias_stands_for_what_its_anchor_holds() -> None:
    assert read_text("a: &x {b: 1}\nc: *x").value == {"a": {"b": 1}, "c": {"b": 1}}


def test_places_are_found_through_lists_and_mappings() -> None:
    written = read_text("a:\n  - b: 1\n  - c: {d: 2}\n")
    assert (written.at("a", 1, "c", "d").line, written.at("a", 1, "c", "d").column) == (3, 12)
    assert (written.key_at("a", 1, "c").line, written.key_at("a", 1, "c").column) == (3, 5)


def test_a_part_that_the_file_does_not_have_is_skipped() -> None:
    written = read_text("a:\n  b: 1\n")
    assert written.at("a", "<tag>", "b") == written.at("a", "b")
    assert written.at("a", "missing") == written.at("a")


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN RSA PRIVATE KEY-----",
        "ghp_" + "a" * 36,
        "https://user:hunter2@example.org/x.parquet",
        "https://example.org/x.parquet?X-Amz-Signature=" + "a1" * 20,
    ],
)
def test_a_secret_is_refused_and_not_repeated(secret: str) -> None:
    hidden = secret.split("@", maxsplit=1)[0].split("Signature=")[-1].split("//user:")[-1]
    said = refusal_of_value(secret)
    assert "looks like a key or password" in said
    assert hidden not in said


def refusal_of_value(value: str) -> str:
    return "\n".join(str(problem) for problem in read_text(f"owner: '{value}'").problems)


@pytest.mark.parametrize(
    "raw", [b"\x00", b"a: \x07", b"a: '\\x", b"&", b"a: &", b"!", b"a: [", b"}"]
)
def test_broken_yaml_is_refused(raw: bytes) -> None:
    assert refusal(raw).startswith("x.yaml")


def test_an_escaped_control_character_is_refused() -> None:
    written = read_bytes(b'a: "\\x07"', "x.yaml")
    assert [problem.message for problem in written.problems] == ["a control character in a value"]
    assert written.value == {}
