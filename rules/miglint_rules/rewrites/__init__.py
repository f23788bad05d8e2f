"""Statements that rewrite a table."""
