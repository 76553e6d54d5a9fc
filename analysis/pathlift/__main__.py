"""`python -m pathlift` is the command `pathlift`."""

from pathlift.cli import main

if __name__ == "__main__":
    main()
