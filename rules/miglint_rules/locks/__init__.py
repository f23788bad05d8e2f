"""Locks that block the users of a live table while a scan or a build runs."""
