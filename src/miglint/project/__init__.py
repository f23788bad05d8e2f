"""The project around a history: its folders and files, what git ignores, what its manifests say."""
