"""`python -m pathlift` is the command `pathlift`."""

from pathlift.cli import main

main()
