"""Matters of taste and upkeep, which a team asks for: types, keys, indexes, the form of statements."""
