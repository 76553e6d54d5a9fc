"""Lets the tests of this folder import the hand-written results of ``tests/report/results.py``."""

import sys
from pathlib import Path

# With importlib mode no folder of tests is on the path.
CHECKOUT = str(Path(__file__).parents[2])
if CHECKOUT not in sys.path:
    sys.path.insert(0, CHECKOUT)
