"""Files that do not fit the history they are in, or the tool that runs them."""
