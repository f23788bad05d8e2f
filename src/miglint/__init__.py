"""A linter for database migrations that knows the state, the server and the runner."""

__version__ = "0.1.0"

REPOSITORY = "https://github.com/OWNER/miglint"
"""Where the project is published; the same as in `[project.urls]`."""

DOCUMENTATION = f"{REPOSITORY}/blob/v{__version__}/docs"
