"""What we claim, measured: error rates, coverage and power of what `analyze` runs.

Draws come from truths that share no line with the estimators: the matrix exponential of
``pathlift.simulation``, or distributions that are given.
"""
