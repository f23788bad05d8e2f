"""What SQL databases share: the replay of operations on a schema, and the session in which they run."""
