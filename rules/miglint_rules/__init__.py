"""The rules that come with miglint: one module per hazard, the folder is the category."""
