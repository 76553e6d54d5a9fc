"""What the words of a result mean: one text for the report, the notebook and `pathlift explain`."""
