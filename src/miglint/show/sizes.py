"""A file of how large tables are, as TOML: what `miglint.config.sizes` reads."""

import json

from miglint.model import Name, Size, Sizes


def as_toml(sizes: Sizes) -> str:
    """Give the text of the file, a line for each table."""
    lines = [f"date = {sizes.date}", f"server = {_text(sizes.server)}"]
    if sizes.search_path:
        lines.append(f"search_path = {_text(sizes.search_path)}")
    lines += ["", "[tables]"]
    lines += [f"{_key(name)} = {_values(size)}" for name, size in sorted(sizes.tables.items())]
    return "\n".join(lines) + "\n"


def _key(name: Name) -> str:
    return _text(".".join(_part(part) for part in name))


def _part(part: str) -> str:
    quoted = part.replace('"', '""')
    return f'"{quoted}"' if "." in part or '"' in part else part


def _values(size: Size) -> str:
    known = {key: value for key, value in size._asdict().items() if value is not None}
    return f"{{ {', '.join(f'{key} = {_text(value)}' for key, value in known.items())} }}" if known else "{}"


def _text(value: object) -> str:
    # In TOML, strings are escaped as in JSON; only of DEL JSON makes nothing.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
