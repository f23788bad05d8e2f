"""`python -m tests.verify.liquibase FOLDER SQL`: is a changelog read as Liquibase itself reads it?

FOLDER holds the changelog. SQL is what `liquibase update-sql` printed for it, with the URL of an offline
PostgreSQL. Compared are the changesets in their order, and the statements of each. COMMENT ON is left out.
"""

import difflib
import re
import sys
from pathlib import Path

import postgast

from miglint.tools import find_histories

_HEAD = re.compile(r"^-- Changeset (.*)::([^:\n]*)::(.*)$", re.MULTILINE)


def main(folder: str, sql: str) -> int:
    """Compare; 1 when the order or a statement differs."""
    ours: dict[tuple[str, str], list[str | None]] = {}
    for history in find_histories([folder]):
        for migration in history.migrations:
            changelog, _, name = re.sub(r"\(\d+\)$", "", migration.id).partition("#")
            ours.setdefault((changelog, name), []).append(migration.up.sql if migration.up else None)
    printed = Path(sql).read_text(encoding="utf-8")
    heads = list(_HEAD.finditer(printed))
    ends = [head.start() for head in heads[1:]] + [len(printed)]
    theirs: dict[tuple[str, str], str] = {}
    for head, end in zip(heads, ends, strict=True):
        name = f"{head[3]}:{head[2]}"
        same = [key for key in ours if key[1] == name and key not in theirs]
        path = Path("/", head[1]).with_suffix("").as_posix()
        exact = [key for key in same if f"/{key[0]}".endswith(path) or path.endswith(f"/{key[0]}")]
        # A changeset of another path has a logical one.
        key = exact[0] if exact else same[0] if len(same) == 1 else (path, name)
        theirs[key] = theirs.get(key, "") + printed[head.end() : end]
    print(f"{len(ours)} changesets here, {len(theirs)} there")
    order = [key for key in ours if key in theirs]
    is_same_order = order == [key for key in theirs if key in ours]
    print("in the same order" if is_same_order else "IN ANOTHER ORDER")
    for sign, keys in (
        ("only here", ours.keys() - theirs.keys()),
        ("only there", theirs.keys() - ours.keys()),
    ):
        print(f"{sign}: {len(keys)} {sorted(keys)[:5]}")
    equal = opaque = 0
    for key in order:
        texts = [text for text in ours[key] if text is not None]
        if len(texts) < len(ours[key]):
            opaque += 1
            continue
        mine, wanted = _statements("\n;".join(texts)), _statements(theirs[key])
        equal += mine == wanted
        if mine != wanted:
            print(f"--- {key}")
            print("\n".join(line for line in difflib.ndiff(wanted, mine) if line[:1] in "-+"))
    print(f"{equal} of {len(order)} changesets have the same statements, {opaque} are not read")
    return 0 if is_same_order and equal + opaque == len(order) else 1


def _statements(sql: str) -> list[str]:
    try:
        trees = postgast.parse(sql).stmts
    except postgast.PgQueryError as error:
        return [f"{error}: {sql.strip()[:200]}"]
    found = (postgast.deparse(postgast.ParseResult(stmts=[tree])) for tree in trees)
    return [text for text in found if not text.startswith("COMMENT ON")]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
