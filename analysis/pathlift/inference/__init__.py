"""Statistics in, estimates out: pure numbers, one module a method."""
