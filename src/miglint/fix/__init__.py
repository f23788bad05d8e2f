"""Edits: which are offered, and what they make of a text."""
