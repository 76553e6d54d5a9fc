"""Names of baseline states, and journeys that go on from what was held."""

from itertools import permutations

import pytest

from pathlift.statistics.baseline import follows, state_code, state_name, states
from pathlift.statistics.cells import all_codes, label

STAGES = ("need", "touchpoint", "trust")
CODES = {label(code).ordering: code for code in all_codes()}


def test_every_state_has_a_name_of_its_own() -> None:
    names = [state_name(code) for code in range(8)]
    assert len(set(names)) == 8
    assert [state_code(name) for name in names] == list(range(8))


def test_states_are_those_of_stages_that_are_looked_for() -> None:
    assert states(STAGES) == tuple(range(8))
    assert states(["trust"]) == (0, 4)
    assert states([]) == (0,)


@pytest.mark.parametrize("intended", list(permutations(STAGES)))
def test_who_held_nothing_follows_by_the_label_alone(intended: tuple[str, ...]) -> None:
    for code in all_codes():
        assert follows(code, 0, intended) == (label(code).ordering == ">".join(intended))


@pytest.mark.parametrize(
    ("ordering", "held", "expected"),
    [
        # methods 1.4, E2: the full label is [trust] need > touchpoint
        pytest.param("need>touchpoint", "trust", True, id="the held stage comes first"),
        pytest.param("need>touchpoint>trust", "trust", True, id="and is met again later"),
        pytest.param("need=trust>touchpoint", "trust", True, id="and is met again in a tie"),
        pytest.param("touchpoint>need", "trust", False, id="the rest in another order"),
        pytest.param("need=touchpoint", "trust", False, id="the rest tied"),
        pytest.param("need", "trust", False, id="the rest incomplete"),
        pytest.param("trust>touchpoint", "need", False, id="what is held comes second"),
        pytest.param("touchpoint", "need+trust", True, id="two held, in any order"),
        pytest.param("", "need+touchpoint+trust", True, id="all held"),
        pytest.param("unknown", "trust", False, id="a stage in outage"),
    ],
)
def test_held_stages_are_an_unordered_prefix(ordering: str, held: str, *, expected: bool) -> None:
    intended = ("trust", "need", "touchpoint")
    assert follows(CODES[ordering], state_code(held), intended) is expected
