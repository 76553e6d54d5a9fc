"""The connection reads the declared files and nothing else, and says what a person can do."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from pathlift.errors import DataError
from pathlift.outcomes.engine import open_engine
from pathlift.outcomes.explaining import explain

pytestmark = pytest.mark.engine


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    folder = tmp_path / "it's ü"
    folder.mkdir()
    duckdb.connect().sql("select range as i from range(1000)").write_parquet(
        str(folder / "a b.parquet")
    )
    (tmp_path / "secret.csv").write_text("password\nhunter2\n")
    duckdb.connect().sql("select 1 as i").write_parquet(str(tmp_path / "other.parquet"))
    return folder


def test_a_declared_folder_and_a_declared_file_can_be_read(declared: Path) -> None:
    file = str(declared / "a b.parquet")
    for allowed in (str(declared), file):
        with open_engine([allowed]) as engine:
            assert engine.rows("select sum(i) from read_parquet($f)", {"f": [file]}) == [(499500,)]
            assert engine.columns(
                f"select i from read_parquet('{file.replace(chr(39), chr(39) * 2)}')"
            ) == {"i": "BIGINT"}


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('{root}/secret.csv')",
        "select * from '{root}/other.parquet'",
        "select content from read_text('{root}/secret.csv')",
        "select * from read_blob('/etc/passwd')",
        "select * from glob('{root}/*')",
        "select 1 where exists (select 1 from read_csv('{root}/secret.csv'))",
        "copy (select 1) to '{root}/out.csv'",
        "attach '{root}/new.db'",
        "export database '{root}'",
        "install httpfs",
    ],
)
def test_nothing_else_on_the_machine_can_be_read_or_written(declared: Path, statement: str) -> None:
    before = sorted(path.name for path in declared.parent.iterdir())
    with (
        open_engine([str(declared)]) as engine,
        pytest.raises(DataError, match="not among the declared sources"),
    ):
        engine.rows(statement.format(root=declared.parent))
    assert sorted(path.name for path in declared.parent.iterdir()) == before


@pytest.mark.parametrize(
    "statement",
    [
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "set lock_configuration = false",
        "reset memory_limit",
        "set autoload_known_extensions = true",
    ],
)
def test_the_lock_cannot_be_opened_from_inside(declared: Path, statement: str) -> None:
    with open_engine([str(declared)]) as engine, pytest.raises(duckdb.Error, match=r"lock|Cannot"):
        engine.rows(statement)


def test_no_extension_is_fetched_for_a_remote_file(declared: Path) -> None:
    with open_engine([str(declared)]) as engine, pytest.raises((DataError, duckdb.Error)):
        engine.rows("select * from read_parquet('https://example.invalid/x.parquet')")


def test_under_the_lock_tables_are_made_and_work_spills_to_disk(declared: Path) -> None:
    with open_engine([str(declared)], memory="150MB", threads=2, temp=declared.parent) as engine:
        engine.run(
            "create or replace temp table big as "
            "select range as i, repeat('ab', 60) || hash(range) as s from range(2000000)"
        )  # about 280 MB
        assert engine.rows("select count(*), count(distinct i % 7) from big") == [(2_000_000, 7)]
    assert [path.name for path in declared.parent.iterdir() if "pathlift" in path.name] == []


def test_wide_integers_arrive_whole(declared: Path) -> None:
    with open_engine([str(declared)]) as engine:
        total = engine.rows("select sum(x) from (select 9223372036854775807 as x from range(3))")
    assert total == [(3 * (2**63 - 1),)]


def test_times_without_zone_are_utc_whatever_the_machine_says(
    declared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    with open_engine([str(declared)]) as engine:
        assert engine.rows("select epoch_us(cast(timestamp '1970-01-01' as timestamptz))") == [(0,)]


def test_an_error_of_ours_stays_a_bug(declared: Path) -> None:
    with open_engine([str(declared)]) as engine, pytest.raises(duckdb.Error):
        engine.rows("select no_such_column from range(3)")


def test_work_that_fits_nowhere_says_how_to_give_more(declared: Path) -> None:
    with (
        open_engine([str(declared)], memory="20MB", threads=1) as engine,
        pytest.raises(DataError) as refused,
    ):
        engine.rows("select list(range || repeat('x', 100)) from range(3000000)")
    assert str(refused.value) == (
        "the work does not fit into 19.0 MiB of memory\n"
        "  hint: give more with `--memory`, such as `--memory 8GB`"
    )


def test_an_amount_of_memory_that_is_none_is_refused() -> None:
    with pytest.raises(DataError) as refused:
        open_engine([], memory="lots")
    assert str(refused.value) == "'lots' is not an amount of memory\n  hint: write it as 4GB"


def test_by_default_a_bit_less_than_the_machine_is_used() -> None:
    with open_engine([]) as engine:
        assert engine.memory.endswith("iB")
        share = float(engine.memory.split()[0])
        unlimited = str(
            duckdb.connect().execute("select current_setting('memory_limit')").fetchall()[0][0]
        )
        # DuckDB's own limit is 80% of the machine, ours 60%; printed to one decimal
        assert share == pytest.approx(float(unlimited.split()[0]) * 0.75, abs=0.11)


def test_progress_is_told_between_0_and_100(declared: Path) -> None:
    told: list[float] = []
    with open_engine([str(declared)], threads=1, progress=told.append) as engine:
        engine.rows("select count(distinct hash(range)) from range(4000000)")
    assert told
    assert all(0 <= percentage <= 100 for percentage in told)


def test_a_stream_that_fits_nowhere_says_so_too(declared: Path) -> None:
    with (
        open_engine([str(declared)], memory="20MB", threads=1) as engine,
        pytest.raises(DataError) as refused,
    ):
        # a table of all groups, read before the first batch can come
        for _ in engine.batches(
            "select len(list(range || repeat('x', 100))) as n from range(3000000)"
        ):
            pass
    assert str(refused.value).startswith("the work does not fit into 19.0 MiB of memory")


def test_a_full_disk_for_temporary_files_is_named(declared: Path) -> None:
    error = duckdb.OutOfMemoryException(
        "failed to offload data block of size 256.0 KiB (1.0 GiB/1.0 GiB used). This limit was set"
        " by the 'max_temp_directory_size' setting."
    )
    problem = explain(error, memory="1 GiB")
    assert problem is not None
    assert problem.message == "the disk for temporary files is full"


def test_batches_hold_numbers_of_every_width_and_tell_what_is_null(declared: Path) -> None:
    query = (
        "select range::tinyint as a, range::uinteger as b, range * 1000000007 as c, range / 4 as d,"
        " case when range % 3 <> 0 then range end as e from range(200)"
    )
    with open_engine([str(declared)]) as engine:
        rows = 0
        for batch in engine.batches(f"{query} where range < 100 order by range"):
            for place in range(batch.rows):
                row = [column[place] for column in batch.columns.values()]
                assert row[:4] == [rows, rows, rows * 1_000_000_007, rows / 4]
                assert batch.known["e"][place] == (rows % 3 != 0)
                assert not batch.known["e"][place] or row[4] == rows
                rows += 1
            assert set(batch.known) == {"e"}
        assert rows == 100
        # several batches, and a reader that leaves early
        whole = engine.batches("select range as i from range(1000000)")
        first = next(whole)
        assert first.columns["i"][:3].tolist() == [0, 1, 2]
        del whole
        assert sum(b.rows for b in engine.batches("select range as i from range(1000000)")) == 10**6


def test_arrays_are_lent_and_taken_back(declared: Path) -> None:
    with open_engine([str(declared)]) as engine:
        engine.lend("mine", {"i": np.arange(5), "x": np.arange(5) * 0.5})
        assert engine.rows("select sum(i), sum(x) from mine") == [(10, 5.0)]
        engine.take_back("mine")
        with pytest.raises(duckdb.Error):
            engine.rows("select 1 from mine")
