"""Parse, call, print."""

from pathlift.cli.app import main

__all__ = ["main"]
