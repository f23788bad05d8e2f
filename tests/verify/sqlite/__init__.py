"""The model of SQLite against the SQLite that Python brings."""
