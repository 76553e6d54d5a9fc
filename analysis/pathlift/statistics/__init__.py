"""The additive tables, as frozen values that know no engine."""
