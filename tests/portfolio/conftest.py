"""The command line as a person meets it, as in the tests of the commands."""

from tests.cli.conftest import pathlift, work

__all__ = ["pathlift", "work"]
