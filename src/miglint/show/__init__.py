"""What the listing commands print: pure functions from values to text or JSON."""
