"""Ways back that are missing, or do not lead back."""
