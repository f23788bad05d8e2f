"""Changes that break the version of the application that still runs."""
