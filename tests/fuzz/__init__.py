"""Texts that nobody would write, run through the whole engine: `python -m tests.fuzz --seconds 60`."""
