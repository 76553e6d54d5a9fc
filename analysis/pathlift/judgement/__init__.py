"""Checks and the decision, by the rule in the file."""
