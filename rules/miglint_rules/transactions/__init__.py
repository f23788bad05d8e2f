"""Statements that do not go with the transaction they run in."""
