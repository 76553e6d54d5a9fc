"""Every check finds its own fault, and fails sound data no more than seldom.

A short form of what `make detect` measures; the page holds the long one.
"""

import re

import pytest
from scipy import stats
from tests.detection.faults import FAULTS, NOT_DRAWN
from tests.detection.measure import BEGIN, END, FALSE, FOUND, PAGE, clean, hits

from pathlift.judgement.checks import CHECK_IDS

SURE = 0.003  # level at which a short run contradicts the claim
ROW = re.compile(r"^\| ([^|]*) \| `(\w+)` \| ([^|]*) \| (\w+) \| ([\d.]+)% \| ([\d.]+)% \|")


def measured() -> list[re.Match[str]]:
    text = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    return [row for line in text.splitlines() if (row := ROW.match(line))]


@pytest.mark.parametrize(
    "place", range(len(FAULTS)), ids=[f"{f.check}-{f.severity}-{f.rule}" for f in FAULTS]
)
def test_a_check_finds_its_fault(place: int) -> None:
    runs = 2
    # of 2 runs, none found has a chance of .0025 where 95% are found
    assert stats.binom.cdf(hits(place, 0, runs), runs, FOUND) > SURE


def test_sound_data_fail_seldom() -> None:
    runs = 20
    failed = clean(0, runs).failed
    # one test over all checks: a check that failed 3 of 20 has a chance of .0001 at .5%
    assert all(stats.binom.sf(count - 1, runs, FALSE) > SURE for count in failed.values()), failed


def test_every_check_has_a_fault_or_a_reason() -> None:
    drawn = {fault.check for fault in FAULTS}
    assert drawn | set(NOT_DRAWN) == set(CHECK_IDS)
    assert not drawn & set(NOT_DRAWN)


def test_the_page_says_of_every_check_where_it_is_and_what_it_takes_away() -> None:
    rows = PAGE.read_text(encoding="utf-8").split("| rule | check | file |")[1].split("\n\n")[0]
    named = [re.findall(r"`(\w+)`", row.split("|")[2]) for row in rows.splitlines() if row]
    files = [re.findall(r"`(\w+)`", row.split("|")[3]) for row in rows.splitlines() if row]
    assert {id for ids in named for id in ids} == set(CHECK_IDS)
    folder = PAGE.parent / "pathlift" / "judgement" / "checks"
    assert all((folder / f"{file}.py").is_file() for of in files for file in of)


def test_the_page_holds_the_faults_as_they_are_and_meets_the_targets() -> None:
    """The table is made by `make detect`; a fault that was changed has to be measured again."""
    rows = measured()
    assert {(row[2], row[3], row[4]) for row in rows} == {
        (fault.check, fault.size, fault.severity) for fault in FAULTS
    }
    assert [row[0] for row in rows if float(row[5]) < 100 * FOUND] == []
    assert [row[0] for row in rows if float(row[6]) > 100 * FALSE] == []
