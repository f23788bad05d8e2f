"""Statements that lose data."""
