"""Run the tests that reach a mutant, in a process of its own, forked once pytest has collected."""

import hashlib
import json
import mmap
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Literal

import pytest
from _pytest.runner import call_and_report
from coverage import Coverage
from tests.mutation.drawing import Mutant

SURVIVED, KILLED, FAILED = 0, 1, 2
_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_KEPT = _ROOT / "mutants"
_MOST = 20.0  # seconds of tests a mutant, as long as they took unchanged
_WAITED = 20  # times the time a mutant is allowed, where others hold the machine
_INFERENCE = f"{os.sep}pathlift{os.sep}inference{os.sep}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a mutant: killed, timeout, survived, unreached, error or not run."""

    mutant: Mutant
    word: str


@dataclass
class Judge:
    """A pytest plugin in whose place of running the tests the mutants are judged."""

    mutants: Sequence[Mutant]
    minutes: float
    processes: int
    verdicts: list[Verdict] = field(default_factory=list)
    killers: dict[str, Counter[int]] = field(default_factory=dict)
    """By module: how often each test was the one that noticed."""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Reach, then judge; no test of this process itself runs."""
        started = time.monotonic()
        reached = _reach(session)
        if reached is None:
            raise pytest.UsageError("the unchanged tests do not pass")
        print(f"{len(session.items)} tests, {sum(reached.seconds):.0f} s unchanged", flush=True)
        ends = started + 60 * self.minutes
        running: dict[int, Running] = {}
        waiting = list(self.mutants)[::-1]
        while waiting or running:
            while waiting and len(running) < self.processes:
                self._start(session, reached, waiting.pop(), running, ends)
            self._collect(running)
            time.sleep(0.01)
        self.minutes = (time.monotonic() - started) / 60
        return True

    def _start(
        self,
        session: pytest.Session,
        reached: "Reached",
        mutant: Mutant,
        running: "dict[int, Running]",
        ends: float,
    ) -> None:
        tests = reached.tests(mutant, self.killers.get(mutant.path.stem, {}))
        if time.monotonic() > ends:
            self._say(mutant, "not run")
        elif not tests:
            self._say(mutant, "unreached")
        else:
            told = mmap.mmap(-1, 4)
            allowed = 30 + 10 * sum(reached.seconds[test] for test in tests)
            child = _forked(lambda: _judge(session, mutant, tests, told, allowed))
            # of its own time; others may hold the machine, or it waits for nothing for ever
            ends = time.monotonic() + _WAITED * allowed
            running[child] = Running(mutant=mutant, tests=tests, told=told, ends=ends)

    def _collect(self, running: "dict[int, Running]") -> None:
        for child, one in list(running.items()):
            mutant = one.mutant
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                del running[child]
                # A crash of the interpreter is noticed as a failing test is.
                words = {SURVIVED: "survived", FAILED: "error", -signal.SIGXCPU: "timeout"}
                word = words.get(os.waitstatus_to_exitcode(status), "killed")
                if word == "killed":
                    place = int.from_bytes(one.told[:4], "little")
                    self.killers.setdefault(mutant.path.stem, Counter())[one.tests[place]] += 1
                self._say(mutant, word)
            elif time.monotonic() > one.ends:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                del running[child]
                self._say(mutant, "timeout")

    def _say(self, mutant: Mutant, word: str) -> None:
        self.verdicts.append(Verdict(mutant=mutant, word=word))
        if word in ("survived", "unreached", "error") and mutant.before != mutant.after:
            print(f"  {mutant.path.stem}.py:{mutant.line} {word}: {mutant.before}")
            print(f"      -> {mutant.after}", flush=True)
        if len(self.verdicts) % 50 == 0:
            print(f"{len(self.verdicts)} of {len(self.mutants)} mutants judged", flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A mutant in its process."""

    mutant: Mutant
    tests: Sequence[int]
    told: mmap.mmap
    """Where the process writes which of the tests it is at."""
    ends: float
    """When it has taken too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Which tests reach which lines, and how long each test takes."""

    lines: list[set[tuple[str, int]]]
    """By test: names of modules and lines that it, or a fixture of its file, ran."""
    seconds: list[float]

    def tests(self, mutant: Mutant, killers: Mapping[int, int]) -> list[int]:
        """Tests that reach the mutant's line, else its function.

        First those that noticed most mutants of its module so far, then the quickest; together at
        most `_MOST` seconds: what they do not notice has survived.
        """
        module = mutant.path.stem
        inside = {(module, line) for line in range(mutant.first, mutant.last + 1)}
        exact = [i for i, lines in enumerate(self.lines) if (module, mutant.line) in lines]
        found = exact or [i for i, lines in enumerate(self.lines) if lines & inside]
        quickest = sorted(found, key=lambda test: (-killers.get(test, 0), self.seconds[test]))
        spent = accumulate(self.seconds[test] for test in quickest)
        return [
            test
            for place, (test, so_far) in enumerate(zip(quickest, spent, strict=True))
            if so_far <= _MOST or place == 0
        ]


def _reach(session: pytest.Session) -> Reached | None:
    """Run all tests unchanged in a forked process and note their lines; None if one fails."""
    file = _KEPT / f"reached-{_digest(session)}.json"
    if not file.exists():
        _KEPT.mkdir(exist_ok=True)
        _, status = os.waitpid(_forked(lambda: _trace(session, file)), 0)
        if os.waitstatus_to_exitcode(status) != SURVIVED:
            return None
    written = json.loads(file.read_text())
    lines: list[set[tuple[str, int]]] = [set() for _ in session.items]
    # What a fixture shared by a file ran is seen in the first of its tests alone.
    shared: dict[Path, set[tuple[str, int]]] = {}
    for module, line, context in written["lines"]:
        test, phase = context.split(":")
        lines[int(test)].add((module, line))
        if phase == "setup":
            shared.setdefault(session.items[int(test)].path, set()).add((module, line))
    for item, reached in zip(session.items, lines, strict=True):
        reached |= shared.get(item.path, set())
    return Reached(lines=lines, seconds=written["seconds"])


def _digest(session: pytest.Session) -> str:
    """Of all the code and the tests: a pass over unchanged ones is not made twice."""
    found = hashlib.sha256("\n".join(item.nodeid for item in session.items).encode())
    for folder in ("analysis", "tests", "queries"):
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".sql", ".yaml") and path.parent != _HERE:
                found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _trace(session: pytest.Session, file: Path) -> int:
    traced = Coverage(data_file=None, include=[f"*{_INFERENCE}*"], config_file=False)
    traced.start()
    seconds: list[float] = []
    setups: dict[Path, float] = {}
    for number, (item, following) in enumerate(pairwise([*session.items, None])):
        assert item is not None
        times: list[float] = []

        def enter(phase: str, number: int = number, times: list[float] = times) -> None:
            traced.switch_context(f"{number}:{phase}")
            times.append(time.monotonic())

        said = _run(item, following, enter)
        seconds.append(time.monotonic() - times[1])
        setups[item.path] = max(setups.get(item.path, 0.0), times[1] - times[0])
        if said:
            print(f"{item.nodeid}: {said}", file=sys.__stderr__, flush=True)
            return FAILED
    traced.stop()
    data = traced.get_data()
    lines = [
        (Path(name).stem, line, context)
        for name in data.measured_files()
        for line, contexts in data.contexts_by_lineno(name).items()
        for context in contexts
        if context
    ]
    # What a file shares is made anew in each process: every test of it takes that time.
    whole = [own + setups[item.path] for own, item in zip(seconds, session.items, strict=True)]
    file.write_text(json.dumps({"lines": lines, "seconds": whole}))
    return SURVIVED


def _run(
    item: pytest.Item, following: pytest.Item | None, enter: Callable[[str], object] = len
) -> str:
    """Run one test with its fixtures, told of each phase; what failed, or nothing."""
    phases: list[Literal["setup", "call", "teardown"]] = ["setup", "call", "teardown"]
    said = ""
    for phase in phases:
        if phase == "call" and said:
            continue
        enter(phase)
        extra = {"nextitem": following} if phase == "teardown" else {}
        report = call_and_report(item, phase, log=False, **extra)
        said = said or (str(report.longrepr) if report.failed else "")
        if phase == "setup" and report.skipped:
            phases.remove("call")
    return said


def _judge(
    session: pytest.Session,
    mutant: Mutant,
    tests: Sequence[int],
    told: mmap.mmap,
    allowed: float,
) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (int(allowed), int(allowed) + 10))
    _replace(mutant)
    items = [session.items[test] for test in tests]
    for place, (item, following) in enumerate(pairwise([*items, None])):
        assert item is not None
        told[:4] = place.to_bytes(4, "little")
        if _run(item, following):
            return KILLED
    return SURVIVED


def _replace(mutant: Mutant) -> None:
    """Put the mutated code into the function that everybody holds."""
    name = f"pathlift.inference.{mutant.path.stem}"
    module = sys.modules[name]
    changed = ModuleType(name)
    changed.__dict__.update(__file__=module.__file__, __package__=module.__package__)
    exec(compile(mutant.source, str(mutant.path), "exec"), changed.__dict__)
    old, new = _function(module, mutant.function), _function(changed, mutant.function)
    old.__code__ = new.__code__
    old.__defaults__ = new.__defaults__
    old.__kwdefaults__ = new.__kwdefaults__


def _function(holder: Any, names: Sequence[str]) -> FunctionType:
    for name in names:
        holder = vars(holder)[name]
    holder = getattr(holder, "__func__", holder)
    assert isinstance(holder, FunctionType)
    return holder


def _forked(work: Callable[[], int]) -> int:
    """Fork, work silently there and leave with what it returns; the child's id."""
    child = os.fork()
    if child == 0:
        code = FAILED
        try:
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            sys.dont_write_bytecode = True
            code = work()
        finally:
            os._exit(code)
    return child
