"""String constants as SQL, which lowering writes as well."""


def literal(value: str) -> str:
    """Write a string constant."""
    quoted = "'" + value.replace("'", "''") + "'"
    return f" E{quoted}".replace("\\", "\\\\").lstrip() if "\\" in value else quoted
