"""Comments that should hide findings and do not, or hide none."""
