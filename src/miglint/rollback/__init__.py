"""The way back: whether a schema is the one that was before."""
