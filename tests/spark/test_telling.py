"""What a server says, or does not say, ends as one sentence of ours without a traceback."""

from pathlib import Path

import duckdb
import pytest
from tests.spark.test_refusals import DEFINITION, EVENTS, EXPOSURES

from pathlift.cli.app import run
from pathlift.outcomes.spark.session import public
from pathlift.outcomes.spark.telling import explained

WHERE = "sc://localhost:15002"


# As Apache Spark 4.3.0 and Sail 0.7.2 worded them.
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[UNRESOLVED_ROUTINE] Cannot resolve routine `nosuch` on search path [`system`]",
            "the function 'nosuch'",
        ),
        (
            "unknown function: nosuch",
            "the function 'nosuch'",
        ),
        (
            "[TABLE_OR_VIEW_NOT_FOUND] The table or view `facts` cannot be found. Verify",
            "no table 'facts'",
        ),
        (
            "Table not found: [TABLE_OR_VIEW_NOT_FOUND] Table or view not found: facts",
            "no table 'facts'",
        ),
        (
            "[PATH_NOT_FOUND] Path does not exist: file:/a/x.parquet. SQLSTATE: 42K03",
            "no file '/a/x.parquet'",
        ),
        (
            "[ARITHMETIC_OVERFLOW] overflow. Use 'try_add'",
            "a number does not fit",
        ),
    ],
)
def test_a_message_of_a_server_becomes_ours(text: str, message: str) -> None:
    assert message in str(explained(text, WHERE))


def test_an_address_is_shown_without_its_token() -> None:
    assert public("sc://host:443/;use_ssl=true;token=abc") == "sc://host:443"


@pytest.mark.parametrize(
    ("remote", "message"),
    [
        (
            "",
            "Spark has no address to connect to",
        ),
        (
            "https://host",
            "is no address of a Spark Connect server",
        ),
        (
            "sc://127.0.0.1:1/;token=abc",
            "no Spark Connect server answers at sc://127.0.0.1:1",
        ),
    ],
)
def test_a_wrong_server_ends_with_1_and_one_sentence(
    remote: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, rows in (("exposures", EXPOSURES), ("events", EVENTS)):
        duckdb.sql(f"copy ({rows}) to '{tmp_path / name}.parquet'")
    path = tmp_path / "x.yaml"
    path.write_text(DEFINITION, encoding="utf-8")
    monkeypatch.setenv("SPARK_REMOTE", remote)
    assert run(["analyze", str(path), "--engine", "spark", "--no-save"]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert "abc" not in said
