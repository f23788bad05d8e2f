"""Tools for developing miglint; not part of the wheel."""
