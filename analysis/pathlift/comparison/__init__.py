"""A plain A/B table without a file: what is asked, the definition it stands for, its result."""
