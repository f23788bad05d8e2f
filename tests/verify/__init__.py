"""The model against real PostgreSQL servers: locks, rewrites, scans, and the schema after a history."""
