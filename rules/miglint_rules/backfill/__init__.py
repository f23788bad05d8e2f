"""Rows that are changed in one go, or in batches that do not work."""
