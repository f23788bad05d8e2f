"""A linter for database migrations that knows the state, the server and the runner."""

__version__ = "0.1.0"
