"""One module for each kind of thing that can be wrong with the data."""
