"""Files on servers give what the same files give here, and nobody is told a key.

The web server is one of this machine, the S3 server is moto: neither needs a network.
"""

import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import boto3
import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from moto.server import ThreadedMotoServer
from tests.acceptance import small_data
from tests.support.serving import Web, web_of

from pathlift.cli.app import run as run_words
from pathlift.outcomes import stores
from pathlift.outcomes.sources import files_of
from pathlift.registry.loading import load_experiment

pytestmark = pytest.mark.engine

SECRET = "c2VjcmV0LXRva2Vu"  # no word of ours
MATURE = list(small_data.MATURE)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results are saved where nobody minds."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """The folder with the files, which no definition of a test names."""
    for path, query in small_data.SHAPES["journeys"].rows.items():
        small_data.write_rows(query, tmp_path / "served" / path)
    return tmp_path / "served"


@pytest.fixture
def web(rows: Path) -> Iterator[Web]:
    with web_of(rows) as served:
        yield served


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(rows: Path, s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Files in an S3 bucket, events by day; keys stand in the environment."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3")
    client.create_bucket(Bucket="shop")
    for file in (rows / "data").iterdir():
        client.upload_file(str(file), "shop", f"data/day=all/{file.name}")
    yield "s3://shop/data/*"
    fsspec.filesystem("s3", **stores._settings("s3")).invalidate_cache()
    for one in client.list_objects_v2(Bucket="shop").get("Contents", ()):
        client.delete_object(Bucket="shop", Key=one["Key"])
    client.delete_bucket(Bucket="shop")


def define(folder: Path, exposures: str, events: str) -> str:
    file = folder / "x.yaml"
    text = small_data.changed(
        small_data.JOURNEYS,
        {"data/exposures.parquet": f'"{exposures}"', "data/events.parquet": f'"{events}"'},
    )
    file.write_text(text, encoding="utf-8")
    return str(file)


def run(*words: str) -> int:
    return run_words(list(words))


def analysed(file: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    code = run("analyze", file, *MATURE, "--no-save", "--format", "json")
    told = capsys.readouterr()
    assert (code, told.err) == (0, "")
    found: dict[str, object] = json.loads(told.out)
    return found


def of_numbers(document: dict[str, object]) -> object:
    return [document[part] for part in ("arms", "estimates", "decision")]


@pytest.fixture
def here(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> object:
    """What the same files on this machine give."""
    folder = tmp_path / "here"
    folder.mkdir()
    file = define(folder, f"{rows}/data/exposures.parquet", f"{rows}/data/events.parquet")
    return of_numbers(analysed(file, capsys))


def test_files_of_a_web_server_give_the_same_and_their_queries_go_to_it_alone(
    web: Web, here: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = f"?token={SECRET}"
    at = f"{web.address}/data"
    file = define(tmp_path, f"{at}/exposures.parquet{key}", f"{at}/events.parquet{key}")
    found = analysed(file, capsys)
    assert of_numbers(found) == here
    assert all(path.endswith(key) for _, path, _ in web.asked)
    assert {wanted.startswith("bytes=") for method, _, wanted in web.asked if method == "GET"} == {
        True
    }
    text = json.dumps(found)
    assert SECRET not in text
    assert f"{at}/events.parquet" in text
    for words in (("sql", file), ("check", file, "--data"), ("show", file), ("analyze", file)):
        run(*words)
        told = capsys.readouterr()
        assert SECRET not in told.out + told.err
        assert "token" not in told.out + told.err


def test_everything_that_is_saved_is_without_the_query(web: Web, tmp_path: Path) -> None:
    key = f"?token={SECRET}"
    at = f"{web.address}/data"
    file = define(tmp_path, f"{at}/exposures.parquet{key}", f"{at}/events.parquet{key}")
    assert run("analyze", file, *MATURE) == 0
    assert run("report", "results/x/latest.json") == 0
    assert run("lock", file) == 0
    written = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and path.suffix in (".json", ".html", ".md", ".txt", ".jsonl")
    ]
    assert len(written) >= 3  # a result, a page, a lock
    assert [path for path in written if SECRET in path.read_text(encoding="utf-8")] == []


def test_a_renewed_signature_is_no_change_of_the_definition(tmp_path: Path) -> None:
    hashes = set()
    for key in ("1a", "2b"):
        file = define(tmp_path, f"https://h.test/x.parquet?s={key}", f"https://h.test/y?s={key}")
        hashes.add(load_experiment(file).definition_hash)
    assert len(hashes) == 1


FAILURES = {
    401: "the server refuses to give it (401)",
    403: "the server refuses to give it (403)",
    404: "there is no such file",
    500: "the server answered 500",
}


@pytest.mark.parametrize(
    ("status", "words"),
    [(status, ("check", "--data")) for status in FAILURES] + [(403, ("analyze",))],
)
def test_a_server_that_fails_is_told_at_its_line_without_the_key(
    web: Web,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    status: int,
    words: tuple[str, ...],
) -> None:
    at = f"{web.address}/data"
    file = define(
        tmp_path,
        f"{at}/exposures.parquet?token={SECRET}",
        f"{at}/events.parquet?token={SECRET}",
    )
    web.status = {"events.parquet": status}
    assert run(words[0], file, *words[1:]) == 1
    told = "".join(capsys.readouterr())
    assert "x.yaml:5:" in told
    assert f"'{at}/events.parquet': {FAILURES[status]}" in told
    assert SECRET not in told
    assert "SECRET-IN-BODY" not in told
    assert "Traceback" not in told


def test_a_server_that_fails_half_way_gives_no_half_result(
    web: Web, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = f"{web.address}/data"
    file = define(tmp_path, f"{at}/exposures.parquet", f"{at}/events.parquet?token={SECRET}")
    # the footer comes, the rows do not: the file is larger than the end that is kept
    small_data.write_rows(
        "select 'u' || i % 400 as user_id, 'search' as event, timestamptz '2026-03-02 08:00:00+00' "
        "+ to_microseconds(i * 1000003) as occurred_at, random() as amount, 0 as watch_ms "
        "from range(60000) as numbers(i)",
        rows / "data" / "events.parquet",
    )
    web.refused_below = 4096  # no row group begins later, no footer so early
    assert run("analyze", file, *MATURE) == 1
    told = "".join(capsys.readouterr())
    assert f"'{at}/events.parquet': the server refuses to give it (403)" in told
    assert "x.yaml:5:" in told
    assert SECRET not in told
    assert "Traceback" not in told
    assert list(tmp_path.rglob("*.json")) == []


def test_a_server_that_does_not_heed_ranges_is_refused_not_misread(
    web: Web, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = f"{web.address}/data"
    file = define(tmp_path, f"{at}/exposures.parquet", f"{at}/events.parquet")
    web.ranges = False
    assert run("analyze", file, *MATURE) == 1
    assert "does not answer range requests" in "".join(capsys.readouterr())


def test_silence_ends(
    web: Web,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stores, "PATIENCE", 0.2)
    at = f"{web.address}/data"
    file = define(tmp_path, f"{at}/exposures.parquet?k={SECRET}", f"{at}/events.parquet")
    web.silent = True
    assert run("check", file, "--data") == 1
    told = "".join(capsys.readouterr())
    assert "no answer within 0.2 s" in told
    assert SECRET not in told


def test_an_address_where_nobody_listens_is_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = "http://127.0.0.1:9"  # the port of `discard`, where nothing is
    file = define(tmp_path, f"{at}/exposures.parquet?k={SECRET}", f"{at}/events.parquet")
    assert run("analyze", file) == 1
    told = "".join(capsys.readouterr())
    assert "nobody answers there" in told
    assert SECRET not in told


def test_files_of_a_bucket_give_the_same(
    bucket: str, here: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = define(tmp_path, f"{bucket}/exposures.parquet", f"{bucket}/events*.parquet")
    assert run("check", file, "--data") == 0
    assert run("sql", file) == 0
    told = capsys.readouterr().out
    assert "s3://shop/data/day=all/events.parquet" in told
    found = analysed(file, capsys)
    assert of_numbers(found) == here
    assert SECRET not in json.dumps(found) + told


def test_a_bucket_that_refuses_or_is_not_there_is_told_without_keys(
    bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for exposures in ("s3://elsewhere/*.parquet", "s3://shop/gone.parquet", "s3://shop/no/*.pq"):
        file = define(tmp_path, exposures, f"{bucket}/events.parquet")
        assert run("analyze", file) == 1, exposures
        told = "".join(capsys.readouterr())
        assert "x.yaml:5:" in told, exposures
        assert exposures in told
        assert SECRET not in told
        assert "Traceback" not in told


def test_gs_is_read_by_gcsfs(
    rows: Path,
    here: object,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Memory(MemoryFileSystem):  # type: ignore[misc]
        protocol = ("gs",)

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return ("/" + path.removeprefix("gs://").lstrip("/")).rstrip("/")

    monkeypatch.setitem(sys.modules, "gcsfs", types.ModuleType("gcsfs"))
    monkeypatch.setattr(fsspec, "filesystem", lambda scheme, **_: {"gs": Memory}[scheme]())
    for file in (rows / "data").iterdir():
        Memory().pipe_file(f"gs://shop/{file.name}", file.read_bytes())
    assert (
        of_numbers(
            analysed(
                define(tmp_path, "gs://shop/expo*.parquet", "gs://shop/events.parquet"), capsys
            )
        )
        == here
    )


def test_what_has_to_be_installed_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    file = define(tmp_path, "gs://shop/*.parquet", "gs://shop/events/*.parquet")
    assert run("check", file, "--data") == 1
    told = "".join(capsys.readouterr())
    assert "pip install 'pathlift[gcs]'" in told
    assert "x.yaml:5:" in told


def test_only_globs_ask_a_server_which_files_there_are(tmp_path: Path) -> None:
    file = define(tmp_path, "https://h.test/x.parquet?s=1", "s3://shop/y.parquet")
    assert files_of([load_experiment(file)]) == ("https://h.test/x.parquet", "s3://shop/y.parquet")
