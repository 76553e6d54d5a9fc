"""`pathlift simulate`: a scenario of a file, its truth, and what it says of one that cannot be."""

import json
from pathlib import Path

from tests.cli.conftest import Pathlift

BOTS = "{arms: {content: {bots: 0.5, lost: {need: 0.3}}}}"


def test_a_scenario_of_a_file_writes_logs_truth_and_potential_outcomes(
    tmp_path: Path, pathlift: Pathlift
) -> None:
    world, out = tmp_path / "spring.yaml", tmp_path / "out"
    world.write_text(f"based_on: inert\nunits: 40\nobservation: {BOTS}\n", encoding="utf-8")
    answer = pathlift("simulate", str(world), "-o", str(out), "--potential")
    assert answer.code == 0
    written = [Path(path) for path in answer.out.split()]
    assert all(path.is_file() for path in written)
    folders = {path.parent.name for path in written}
    assert folders == {"exposures", "events", "bots", "potential_outcomes", "out"}
    arms = json.loads((out / "truth.json").read_text(encoding="utf-8"))["arms"]
    assert arms["content"]["observed_labels"] == "not computed: bots have no journey"


def test_impossible_rates_leave_with_one_and_are_said_with_their_place(
    tmp_path: Path, pathlift: Pathlift
) -> None:
    world, out = tmp_path / "spring.yaml", tmp_path / "out"
    text = "arms:\n  content: {need: -1}\nobservation: {batchd: 0.3}\n"
    world.write_text(text, encoding="utf-8")
    answer = pathlift("simulate", str(world), "-o", str(out))
    assert (answer.code, answer.out, out.exists()) == (1, "", False)
    for words in (
        f"{world}:2:19",
        "need is -1; it cannot be negative",
        f"{world}:3:15",
        "did you mean 'batched'?",
    ):
        assert words in answer.err
