"""`python -m miglint_dev docs [--check]`: write the generated pages, or say which of them are out of date."""

import argparse
import sys
from pathlib import Path

from miglint_dev.docs import pages

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run a developer's command; 1 when a page is out of date."""
    parser = argparse.ArgumentParser(prog="miglint_dev")
    commands = parser.add_subparsers(required=True, dest="command")
    docs = commands.add_parser("docs", help="write the generated pages")
    docs.add_argument("--check", action="store_true", help="write nothing, fail when a page is out of date")
    arguments = parser.parse_args()
    stale = [path for path, text in pages(ROOT).items() if _differs(ROOT / path, text)]
    written = {ROOT / path for path in pages(ROOT)}
    orphans = [path for path in (ROOT / "docs" / "rules").glob("*.md") if path not in written]
    if arguments.check:
        for path in (*stale, *(str(orphan.relative_to(ROOT)) for orphan in orphans)):
            print(f"out of date: {path} (run python -m miglint_dev docs)")
        return 1 if stale or orphans else 0
    for path in stale:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(pages(ROOT)[path], encoding="utf-8")
        print(f"wrote {path}")
    for orphan in orphans:
        orphan.unlink()
        print(f"removed {orphan.relative_to(ROOT)}")
    return 0


def _differs(path: Path, text: str) -> bool:
    return not path.is_file() or path.read_text(encoding="utf-8") != text


sys.exit(main())
