"""Before launch: how many units, how many days, and what can be found with what there is."""
