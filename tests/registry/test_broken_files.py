"""Every broken file of ``tests/cases/registry`` ends in its exact message.

To add a case: put ``NAME.yaml`` there, and beside it ``NAME.txt`` with what a person should read.
"""

from pathlib import Path

import pytest

from pathlift.errors import DefinitionError
from pathlift.registry.loading import load_experiment

CASES = Path(__file__).parents[1] / "cases" / "registry"
BROKEN = sorted(path.name for path in CASES.glob("*.yaml"))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_ends_in_its_message(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)  # so that messages show the name of the file alone
    with pytest.raises(DefinitionError) as refusal:
        load_experiment(name)
    expected = (CASES / name).with_suffix(".txt").read_text(encoding="utf-8")
    assert f"{refusal.value}\n" == expected


def test_every_message_belongs_to_a_file() -> None:
    assert {path.stem for path in CASES.iterdir()} == {Path(name).stem for name in BROKEN}
    assert len(BROKEN) >= 40  # what issue "The main job" asks for
