"""Saved results of many experiments -> one value about all of them. Reads no data of units."""
