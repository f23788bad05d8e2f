"""SQL in help is made of operations; what is still written by hand stands here, and only becomes less."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import miglint
import miglint_rules

ROOTS = (Path(miglint.__file__).parent, Path(miglint_rules.__file__).parent)
_STATEMENT = re.compile(
    r"(?:^|\n)(?:ALTER|COMMENT ON|CREATE|DELETE FROM|DROP|INSERT INTO|LOCK TABLE|REFRESH|REINDEX|SELECT|SET|"
    r"TRUNCATE|UPDATE|VACUUM)\s+[A-Z\0]"
)
OTHERS = ("dialects", "tools", "project", "verify", "plan")
"""The writers themselves, and what reads or runs: a tool's own SQL, and that for a server, is no help. A plan
asks a server, and copies rows, which no operation spells."""
LEFT = {
    "checks/remedies/__init__.py": 3,
    "checks/remedies/batches.py": 3,
    "checks/remedies/columns.py": 1,
    "simulate/in_the_way.py": 1,
    "checks/remedies/rows.py": 2,
    "checks/remedies/steps.py": 3,
    "checks/strategies/columns.py": 1,
    "checks/strategies/copies.py": 1,
    "checks/strategies/replaced.py": 1,
    "checks/strategies/tables.py": 1,
    "checks/strategies/words.py": 1,
    "compatibility/renamed_column.py": 1,
    "compatibility/renamed_object.py": 1,
    "compatibility/renamed_table.py": 3,
    "conflicts/not_null_without_backfill.py": 2,
    "conflicts/recreated_enum.py": 3,
    "data_loss/drop_cascade.py": 3,
    "data_loss/dropped_materialized_view.py": 1,
    "data_loss/truncated_table.py": 1,
    "drift/__init__.py": 2,
    "drift/columns.py": 1,
    "drift/place.py": 1,
    "locks/blocking_index_build.py": 1,
    "locks/blocking_refresh.py": 1,
    "locks/blocking_table_rebuild.py": 1,
    "locks/check_scan.py": 3,
    "locks/exclusion_constraint_build.py": 1,
    "locks/partition_attach_scan.py": 1,
    "rewrites/storage_change_rewrite.py": 1,
    "rollback/draft/code.py": 1,
    "rollback/draft/columns.py": 2,
    "rollback/draft/inserted.py": 1,
    "rollback/draft/tables.py": 1,
    "rewrites/stored_generated_column_rewrite.py": 1,
    "rewrites/type_change_rewrite.py": 3,
    "transactions/set_local_outside_transaction.py": 1,
}


def test_no_more_sql_is_written_by_hand():
    more = Counter(_written()) - Counter(LEFT)

    assert not more, "write it with `ctx.remedies.shown(do(...))`"


def _written() -> Iterator[str]:
    for root in ROOTS:
        for path in sorted(root.rglob("*.py")):
            place = path.relative_to(root)
            if root is ROOTS[1] or place.parts[0] not in OTHERS:
                yield from (place.as_posix() for _ in _texts(ast.parse(path.read_text(encoding="utf-8"))))


def _texts(module: ast.Module) -> Iterator[str]:
    """Give the texts in functions that hold a statement with a name filled in; examples are no such texts."""
    for function in (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)):
        for node in ast.walk(function):
            if isinstance(node, ast.JoinedStr):
                text = "".join(v.value if isinstance(v, ast.Constant) else "\0" for v in node.values)
                if _STATEMENT.search(text):
                    yield text
