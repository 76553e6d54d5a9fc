"""What the tests of inference share: a count of the values compared with answers by others."""

from dataclasses import dataclass, field

import pytest


@dataclass
class Tally:
    """How many reference values were compared, and how they fared."""

    compared: int = 0
    cases: int = 0
    disputed: int = 0
    failed: list[str] = field(default_factory=list)
    unsupported: list[str] = field(default_factory=list)


_TALLY = pytest.StashKey[Tally]()


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """The run's count, told in its last lines."""
    return pytestconfig.stash.setdefault(_TALLY, Tally())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what the reference answers covered; silent when they did not run."""
    tally = config.stash.get(_TALLY, None)
    if tally is not None:
        if tally.disputed:
            terminalreporter.write_line(
                f"reference: {tally.disputed} values disputed, ours recomputed by double integral"
            )
        terminalreporter.write_line(
            f"reference: compared {tally.compared} values in {tally.cases} cases, "
            f"{len(tally.unsupported)} cases unsupported, {len(tally.failed)} failed"
        )
