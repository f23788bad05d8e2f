"""Rights that reach further than meant, and secrets in text."""
