"""Which changes of ``inference/`` would its tests not notice?

mutmut makes the mutants; its runner, which knows only ``src/``, is not used. pytest collects the
tests once; a first pass notes which tests reach which lines; then each drawn mutant gets a forked
process, in which the code of its function is replaced and the tests that reach its line run,
the quickest first. See README.md beside this file for what counts and what was measured.
"""

import argparse
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.mutation.drawing import mutants_of
from tests.mutation.judging import Judge, Verdict

ROOT = Path(__file__).parents[2]
INFERENCE = ROOT / "analysis/pathlift/inference"
CONTROLS = 40  # every so many mutants, one function is replaced by itself
ALLOWED = 0.10  # survivors of the mutants judged (issue 2, proof 5)


def main() -> int:
    """Draw, run, print; 1 if more than a tenth of the mutants survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=600, help="how many to draw")
    parser.add_argument("--modules", default="all", help="names with commas, or: all")
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--minutes", type=float, default=30.0, help="stop then, and say so")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    paths = sorted(INFERENCE.glob("[a-z]*.py"))
    if asked.modules != "all":
        paths = [path for path in paths if path.stem in asked.modules.split(",")]
    drawn, every = mutants_of(paths, asked.mutants, asked.seed)
    print(f"{len(drawn)} of {every} mutants of {len(paths)} modules drawn", flush=True)
    # Some functions are replaced by themselves: no test may take that for a change.
    controls = [
        replace(mutant, source=mutant.path.read_text(), after=mutant.before)
        for mutant in drawn[::CONTROLS]
    ]
    judge = Judge([*controls, *drawn], minutes=asked.minutes, processes=asked.processes)
    tests = ["tests/inference", "tests/judgement", "tests/pipeline", str(INFERENCE)]
    options = ["-q", "-m", "not slow", "-p", "no:cacheprovider", "-p", "no:randomly"]
    code = pytest.main([*options, "--rootdir", str(ROOT), *tests], plugins=[judge])
    unchanged = [v.word for v in judge.verdicts if v.mutant in controls]
    if code or set(unchanged) - {"survived", "unreached"}:
        print(f"the runner failed, or unchanged code does not pass: {Counter(unchanged)}")
        return 1
    print(f"{len(controls)} functions replaced by themselves: no test noticed, as it should be")
    return _summary([v for v in judge.verdicts if v.mutant not in controls], judge.minutes)


def _summary(verdicts: list[Verdict], minutes: float) -> int:
    """Print a line a module and the share; 1 if it is above a tenth, or some were not run."""
    modules: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        modules.setdefault(verdict.mutant.path.stem, Counter())[verdict.word] += 1
    for module, counts in sorted(modules.items()):
        print(f"{module}: {dict(counts)}")
    total = sum(modules.values(), Counter())
    judged = total["killed"] + total["timeout"] + total["survived"] + total["unreached"]
    lived = total["survived"] + total["unreached"]
    share = lived / judged if judged else 1.0
    print(
        f"{dict(total)}: {lived} of {judged} mutants survived ({share:.1%}); {minutes:.1f} minutes"
    )
    return int(share > ALLOWED or total["not run"] + total["error"] > 0)


if __name__ == "__main__":
    sys.exit(main())
