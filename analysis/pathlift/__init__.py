"""Experiments on how shoppers meet need, touchpoint and trust."""
