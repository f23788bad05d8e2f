"""Statements that fail, always or on some rows."""
