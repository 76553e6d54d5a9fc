"""Worlds that cannot be are refused, with the reason; files change a built-in world."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pathlift import simulation
from pathlift.errors import DefinitionError
from pathlift.simulation import files, log_settings, scenario
from pathlift.simulation.builtin import BUILTIN
from pathlift.simulation.differences import Creators, Frailty
from pathlift.simulation.observation import Logging, Observation
from pathlift.simulation.scenarios import ARM_KINDS, CLASS_KINDS

JOURNEYS = scenario("journeys")
SEARCH = JOURNEYS.arms[0]
NEW = JOURNEYS.classes[0]


def test_every_built_in_world_is_found_by_its_name() -> None:
    assert {name: scenario(name) for name in BUILTIN} == BUILTIN
    assert all(name == world.name for name, world in BUILTIN.items())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"need": -0.1}, "arm 'search': need is -0.1; it cannot be negative"),
        ({"churn": float("nan")}, "arm 'search': churn is nan; it must be a number"),
        ({"refund": 1.01}, "arm 'search': refund is 1.01; a probability lies in [0, 1]"),
        ({"units": 0}, "arm 'search': units is 0; it must be a whole number, 1 or more"),
        ({"refund_delay": 0}, "arm 'search': refund_delay is 0; it must be above 0"),
    ],
)
def test_impossible_rates_of_an_arm_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError) as refusal:
        replace(SEARCH, **change)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"share": -0.1}, "class 'new': share is -0.1; a probability lies in [0, 1]"),
        ({"spend": 0}, "class 'new': spend is 0; it must be above 0"),
        ({"prior": 2}, "class 'new': prior is 2; a probability lies in [0, 1]"),
    ],
)
def test_impossible_classes_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError) as refusal:
        replace(NEW, **change)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": -1}, "seed is -1; it lies in [0, 2**63)"),
        ({"window": 0}, "window is 0; it must be a whole number, 1 or more"),
        (
            {"last_day": date(2026, 3, 1)},
            "last_day 2026-03-01 lies before first_day 2026-03-02",
        ),
        ({"arms": (SEARCH, SEARCH)}, "there must be two arms or more, each with its own name"),
        ({"classes": (NEW,)}, "the shares of the classes add up to 0.62; they must add up to 1"),
        (
            {"orderings": (("need>trust", 1.0),)},
            "'need>trust' is not a complete ordering such as need>touchpoint>trust",
        ),
    ],
)
def test_impossible_worlds_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError) as refusal:
        replace(JOURNEYS, **change)
    assert str(refusal.value) == f"scenario 'journeys': {message}"


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(DefinitionError) as refusal:
        replace(SEARCH, need=-1, trust=-2, units=0)
    assert len(refusal.value.problems) == 3


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
based_on: trust_first_intent
title: A slow spring
seed: 11
units: 500
first_day: 2026-04-01
last_day: 2026-04-07
window: 7d
arms:
  content: {touchpoint: 0.2, units: 700, channel: search}
classes:
  intent: {purchase: 2, returning: false}
orderings: {"need>touchpoint>trust": 1.2}
""",
    )
    base, world = scenario("trust_first_intent"), scenario(path)
    assert world == replace(
        base,
        name="spring",
        title="A slow spring",
        seed=11,
        first_day=date(2026, 4, 1),
        last_day=date(2026, 4, 7),
        window=7,
        arms=(
            replace(base.arms[0], units=500),
            replace(base.arms[1], units=700, touchpoint=0.2, channel="search"),
            replace(base.arms[2], units=500),
        ),
        classes=(base.classes[0], replace(base.classes[1], purchase=2, returning=False)),
        orderings=(("trust>need>touchpoint", 1.5), ("need>touchpoint>trust", 1.2)),
    )


def test_a_file_without_a_base_changes_the_worked_example(tmp_path: Path) -> None:
    world = scenario(str(write(tmp_path, "seed: 3\n")))
    assert world == replace(JOURNEYS, name="spring", seed=3)


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("sed: 3\n", (1, 1), "'sed' is not known here", "did you mean 'seed'?"),
        (
            "arms:\n  contnt: {need: 1}\n",
            (2, 3),
            "'contnt' is not known here",
            "did you mean 'content'?",
        ),
        (
            "arms:\n  content: {neeed: 1}\n",
            (2, 13),
            "'neeed' is not known here",
            "did you mean 'need'?",
        ),
        (
            "arms:\n  content: {need: -1}\n",
            (2, 19),
            "need is -1; it cannot be negative",
            "",
        ),
        (
            "arms: {content: {channel: tv}}\n",
            (1, 27),
            "there is no channel 'tv'",
            "one of search, content, influencer",
        ),
        (
            "classes:\n  new: {returning: 1}\n",
            (2, 20),
            "returning is 1; it is true or false",
            "",
        ),
        (
            "window: 14\n",
            (1, 9),
            "window is 14; it must be a whole number of days",
            "write 14d",
        ),
        ("first_day: soon\n", (1, 12), "first_day is 'soon'; it must be a day", "write 2026-03-02"),
        ("seed: 1.5\n", (1, 7), "seed is 1.5; it must be a whole number", ""),
        ("seed: -1\n", (1, 7), "seed is -1; it lies in [0, 2**63)", ""),
        ("title: 3\n", (1, 8), "title is 3; it must be text", ""),
        ("units: 0\n", (1, 8), "units is 0; it must be a whole number, 1 or more", ""),
        (
            "based_on: jorneys\n",
            (1, 11),
            "there is no scenario 'jorneys'",
            "did you mean 'journeys'?",
        ),
        ("arms: [content]\n", (1, 7), "arms must be a mapping of names to values", ""),
        ("- seed\n", (1, 1), "a scenario is a mapping of keys to values", "see `based_on: ...`"),
        ("", (1, 1), "a scenario is a mapping of keys to values", "see `based_on: ...`"),
        (
            "seed: 1\nseed: 2\n",
            (2, 1),
            'found duplicate key "seed" with value "2" (original value: "1")',
            "",
        ),
        ("seed: [1\n", (2, 1), "expected ',' or ']', but got '<stream end>'", ""),
    ],
)
def test_a_broken_file_is_refused_with_place_and_hint(
    tmp_path: Path, text: str, at: tuple[int, int], message: str, hint: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DefinitionError) as refusal:
        scenario(path)
    (problem,) = refusal.value.problems
    assert problem.at is not None
    assert (problem.at.line, problem.at.column) == at
    assert (problem.message, problem.hint, problem.at.file) == (message, hint, str(path))


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        (
            "steps: {need>tust: 2}\n",
            (1, 9),
            "'need>tust' is not 2 to 3 different stages, such as need>touchpoint",
            "",
        ),
        ("steps: {need>trust: -2}\n", (1, 21), "need>trust is -2; it cannot be negative", ""),
        ("carry_in: {trust: 1.2}\n", (1, 19), "trust is 1.2; a probability lies in [0, 1]", ""),
        ("frailty: {stage: 1}\n", (1, 11), "'stage' is not known here", "did you mean 'stages'?"),
        (
            "creators: {number: 0.5}\n",
            (1, 20),
            "number is 0.5; it must be a whole number, 1 or more",
            "",
        ),
        (
            "creators: {randomised: arms}\n",
            (1, 24),
            "randomised is 'arms'; it is true or false",
            "",
        ),
        (
            "observation: {batched: 0.3, bach: 1h}\n",
            (1, 29),
            "'bach' is not known here",
            "did you mean 'batch'?",
        ),
        (
            "observation:\n  arms:\n    contnt: {late: 0.1}\n",
            (3, 5),
            "'contnt' is not known here",
            "did you mean 'content'?",
        ),
        (
            "observation: {lost: {need: 1.3}}\n",
            (1, 28),
            "need is 1.3; a probability lies in [0, 1]",
            "",
        ),
        (
            "observation: {batch: 90}\n",
            (1, 22),
            "batch is 90; it must be a whole time above 0",
            "write 30s, 30m, 2h or 1d",
        ),
        (
            "observation: {missing: {newest: 0.1}}\n",
            (1, 25),
            "'newest' is not known here",
            "did you mean 'new'?",
        ),
        (
            "observation: {starts_after: 5h}\n",
            (1, 29),
            "starts_after is '5h'; it must be a whole number of days",
            "write 14d",
        ),
    ],
)
def test_broken_settings_of_model_and_log_are_refused_with_their_place(
    tmp_path: Path, text: str, at: tuple[int, int], message: str, hint: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DefinitionError) as refusal:
        scenario(path)
    (problem,) = refusal.value.problems
    assert problem.at is not None
    assert (problem.at.line, problem.at.column) == at
    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "carry_in: {trust: 0.7, need: 0.6}\n",
            "the shares of carry_in add up to 1.3; they cannot be more than 1",
        ),
        (
            "observation: {log_ends: 2026-03-02}\n",
            "log_ends 2026-03-02 is not after first_day 2026-03-02",
        ),
        (
            "observation: {arms: {content: {starts_after: 28d}}}\n",
            "content starts_after 28 days, and first exposures take 28 days in all",
        ),
    ],
)
def test_settings_that_cannot_be_together_are_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DefinitionError) as refusal:
        scenario(path)
    assert str(refusal.value) == f"{path}: {message}"


def test_a_file_may_say_all_of_model_and_log(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
classes: {new: {touchpoint: 1.1, trust: 0.9, churn: 1.5}}
steps: {need>trust: 2}
carry_in: {trust: 0.1}
frailty: {stages: 0.3, purchase: 0.5}
creators: {number: 60, spread: 0.4, randomised: true}
observation:
  batch: 30m
  skew: 3d
  log_ends: 2026-04-05
  duplicated: 0.001
  arms:
    content: {lost: {need: 0.3}, missing: {new: 0.2}, starts_after: 7d, bots: 0.02}
    influencer: {missing: 0.1, duplicated: 0.01}
""",
    )
    world = scenario(path)
    every = Logging(duplicated=0.001)
    assert world == replace(
        JOURNEYS,
        name="spring",
        classes=(replace(NEW, touchpoint=1.1, trust=0.9, churn=1.5), *JOURNEYS.classes[1:]),
        steps=(("need>trust", 2),),
        carry_in=(("trust", 0.1),),
        frailty=Frailty(stages=0.3, purchase=0.5),
        creators=Creators(number=60, spread=0.4, randomised=True),
        observation=Observation(
            batch=1800,
            skew=259_200,
            log_ends=date(2026, 4, 5),
            arms=(
                ("search", every),
                (
                    "content",
                    replace(
                        every,
                        lost=(("need", 0.3),),
                        missing=(("new", 0.2),),
                        starts_after=7,
                        bots=0.02,
                    ),
                ),
                ("influencer", replace(every, missing=(("", 0.1),), duplicated=0.01)),
            ),
        ),
    )


def test_what_only_shows_when_all_is_put_together_names_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "classes: {new: {share: 0.5}}\n")
    with pytest.raises(DefinitionError) as refusal:
        scenario(path)
    assert str(refusal.value) == (
        f"{path}: the shares of the classes add up to 0.88; they must add up to 1"
    )


def test_all_that_is_wrong_with_a_file_is_said_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "sed: 3\nwindow: 2w\narms: {search: {need: -1, trust: -1}}\n")
    with pytest.raises(DefinitionError) as refusal:
        scenario(path)
    assert [problem.at.line for problem in refusal.value.problems if problem.at] == [1, 2, 3, 3]


def test_a_name_that_is_none_is_refused_with_what_was_meant() -> None:
    with pytest.raises(DefinitionError, match="did you mean 'journeys'"):
        scenario("journey")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="cannot be read: No such file"):
        scenario(tmp_path / "none.yaml")


def write(folder: Path, text: str) -> Path:
    path = folder / "spring.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_scenario_of_the_readme_can_be_read_and_names_every_key(tmp_path: Path) -> None:
    readme = Path(simulation.__file__).parent / "README.md"
    (text,) = re.findall(r"```yaml\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    world = scenario(write(tmp_path, text))
    assert (world.title, world.creators.number) == ("A slow spring", 60)
    arm, shopper = ("content", "regular")
    written = YAML(typ="safe").load(text)
    assert set(written) == set(files.KEYS)
    assert set(written["arms"][arm]) == {*ARM_KINDS, "channel"}
    assert set(written["classes"][shopper]) == {*CLASS_KINDS, "returning"}
    settings = {*written["observation"], *written["observation"]["arms"][arm]}
    assert settings == {*log_settings.OF_LOG, *log_settings.OF_ARM}
