"""Copies of what migrations destroy, made before they run, and how to fill in again from them."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from miglint.checks.strategies.words import free_name, slug
from miglint.model import Delete, Name, Table, Update, quote
from miglint.model.operations.parts import Operation
from miglint.plan.unit import Unit
from miglint.rollback.reasons import Reason
from miglint.simulate import Record
from miglint.text.tokens import tokens

_LONGEST = 63
# What a draft leaves to people: `rollback/draft/columns.py` writes it.
_TO_FILL = re.compile(r"-- UPDATE (\S+) SET (\S+) = \.\.\. WHERE \S+ IS NULL;")


class Copy(NamedTuple):
    """A copy of some columns of a table, or of its rows as a whole.

    `made` is the statement that makes it, `counted` a query that is true when it is whole, `restored` what
    puts the values back and `compared` a query that is true then, "" where rows cannot be told apart.
    `overwrites`: what has been written since goes with it. `subject` is what is lost, as SQL names it.
    """

    name: str
    table: Name
    columns: tuple[str, ...]
    subject: str
    made: str
    counted: str
    restored: str = ""
    compared: str = ""
    overwrites: bool = False
    numbers: str = ""


def copies(unit: Unit) -> tuple[Copy, ...]:
    """Give the copies to make, one for each table and statement that loses something."""
    found: dict[tuple[Name, tuple[str, ...]], Copy] = {}
    for reason in unit.reversal.reasons:
        record = _record(unit, reason)
        if record is None or reason.direction != "up" or reason.verdict != "lossy" or reason.table is None:
            continue
        if reason.words.startswith("which rows had NULL"):
            continue  # A copy of all rows for the sake of a few NULLs is out of proportion.
        name = _first_name(unit, record, reason.table)
        table = unit.before.table(name)
        if (
            table is None
            or not table.columns
            or name in {each.table for each in found.values() if not each.columns}
        ):
            continue
        columns = tuple(_columns(record, reason, table))
        found.setdefault((name, columns), _copy(unit, table, columns, record))
    return _merged(unit, list(found.values()))


def _record(unit: Unit, reason: Reason) -> Record | None:
    return next(
        (
            record
            for record in unit.records
            if record.statement is reason.statement and record.operation.span == reason.span
        ),
        None,
    )


def _first_name(unit: Unit, record: Record, table: Name) -> Name:
    """Give the name that a table has before the migrations."""
    for other in reversed(unit.records):
        operation = other.operation
        if other is record or type(operation).__name__ not in ("RenameTable", "MoveTable"):
            continue
        if (
            table not in unit.before.relations
            and table in other.after.relations
            and table not in other.schema.relations
        ):
            table = getattr(operation, "table", table)
    return table


def _columns(record: Record, reason: Reason, table: Table) -> Iterator[str]:
    """Give the columns of which values are lost; none where whole rows are."""
    operation: Operation = record.operation
    if isinstance(operation, Update):
        yield from (name for name in operation.columns if table.column(name) is not None)
    else:
        lost = (loss for loss in record.effects.destroys if loss.table == reason.table and loss.column)
        yield from (loss.column for loss in lost if loss.column and table.column(loss.column) is not None)


def _merged(unit: Unit, found: list[Copy]) -> tuple[Copy, ...]:
    """Make one copy of the columns of a table that statements drop one by one."""
    kept: list[Copy] = []
    for each in found:
        others = [o for o in found if o.table == each.table and o.columns and not o.overwrites]
        if each.columns and not each.overwrites and len(others) > 1:
            if others[0] is each:
                columns = tuple(dict.fromkeys(name for other in others for name in other.columns))
                table = unit.before.table(each.table)
                assert table is not None
                kept.append(_copy(unit, table, columns, None))
        else:
            kept.append(each)
    return tuple(kept)


def _copy(unit: Unit, table: Table, columns: tuple[str, ...], record: Record | None) -> Copy:
    operation = record.operation if record is not None else None
    key = table.primary_key.columns if table.primary_key is not None else ()
    name = _name(unit, table.name, columns)
    picked = _condition(record, table) if record is not None else ""
    where = f"\nWHERE {picked}" if picked else ""
    taken = f" WHERE {picked}" if picked else ""
    if columns and key:
        names = ", ".join(quote(one) for one in dict.fromkeys((*key, *columns)))
        made = f"CREATE TABLE {name} AS\nSELECT {names} FROM {table.name.sql}{where};"
    else:
        made = f"CREATE TABLE {name} AS\nSELECT * FROM {table.name.sql}{where};"
    counted = f"SELECT (SELECT count(*) FROM {name}) = (SELECT count(*) FROM {table.name.sql}{taken});"
    copy = Copy(
        name,
        table.name,
        columns,
        ", ".join(f"{table.name.display}.{column}" for column in columns) or table.name.display,
        made,
        counted,
        overwrites=isinstance(operation, Update),
    )
    if not columns:
        return _with_rows(copy, table, key)
    return _with_values(copy, table, key) if key else copy


def _name(unit: Unit, table: Name, columns: tuple[str, ...]) -> str:
    id_ = unit.migrations[0].id.rpartition("/")[2] if unit.migrations else ""
    number = re.match(r"\D{0,2}(\d+)", id_)
    digits = number[1] if number else ""
    ending = f"_{digits[:8] if len(digits) >= 12 else digits}" if digits else "_before"
    stem = f"copy_{slug(table.name, *columns[:2])}"[: _LONGEST - len(ending)]
    return free_name(unit.before, Name(unit.before.home, f"{stem}{ending}")).sql


def _with_values(copy: Copy, table: Table, key: tuple[str, ...]) -> Copy:
    name, columns = copy.name, copy.columns
    on = " AND ".join(f"k.{quote(one)} = t.{quote(one)}" for one in key)
    values = ", ".join(f"{quote(one)} = k.{quote(one)}" for one in columns)
    other = " OR ".join(f"t.{quote(one)} IS DISTINCT FROM k.{quote(one)}" for one in columns)
    both = f"{table.name.sql} AS t JOIN {name} AS k ON {on}"
    return copy._replace(
        restored=f"UPDATE {table.name.sql} AS t SET {values}\nFROM {name} AS k WHERE {on};",
        compared=f"SELECT NOT EXISTS (SELECT FROM {both} WHERE {other});",
    )


def _with_rows(copy: Copy, table: Table, key: tuple[str, ...]) -> Copy:
    name = copy.name
    plain = [column for column in table.columns if not column.generated]
    names = ", ".join(quote(column.name) for column in plain)
    system = " OVERRIDING SYSTEM VALUE" if any(column.identity for column in plain) else ""
    again = "\nON CONFLICT DO NOTHING" if key else ""
    insert = f"INSERT INTO {table.name.sql} ({names}){system}\nSELECT {names} FROM {name}{again};"
    numbers = "\n".join(
        f"SELECT setval(pg_get_serial_sequence('{_literal(table.name.sql)}', '{_literal(column.name)}'), "
        f"max({quote(column.name)})) FROM {table.name.sql};"
        for column in plain
        if column.identity or column.sequence is not None
    )
    compared = ""
    if key:
        on = " AND ".join(f"t.{quote(one)} = k.{quote(one)}" for one in key)
        compared = (
            f"SELECT NOT EXISTS (SELECT FROM {name} AS k "
            f"WHERE NOT EXISTS (SELECT FROM {table.name.sql} AS t WHERE {on}));"
        )
    return copy._replace(restored=insert, compared=compared, numbers=numbers)


def filled_from(copies: Iterable[Copy], draft: str) -> tuple[str, tuple[str, ...]]:
    """Fill in the columns that a draft leaves to people from their copies; give it with those columns.

    They are filled where the draft says so, because they are NOT NULL from there on.
    """
    columns: list[str] = []
    lines: list[str] = []
    for line in draft.splitlines():
        found = _TO_FILL.fullmatch(line)
        fitting = (c for c in copies if found and c.restored and c.table.sql == found[1])
        source = next((c for c in fitting if found and found[2] in _quoted(c)), None)
        if found is None or source is None:
            lines.append(line)
            continue
        if lines and lines[-1].startswith("-- fill "):
            lines.pop()
        _, _, rows = source.restored.partition("\n")
        lines.append(f"UPDATE {found[1]} AS t SET {found[2]} = k.{found[2]} {rows}")
        columns.append(f"{source.table.display}.{source.columns[_quoted(source).index(found[2])]}")
    return "\n".join(lines), tuple(columns)


def _quoted(copy: Copy) -> list[str]:
    return [quote(column) for column in copy.columns]


def _literal(text: str) -> str:
    return text.replace("'", "''")


def _condition(record: Record, table: Table) -> str:
    """Give the condition of an UPDATE or DELETE of one table; "" where it has none that stands by itself."""
    operation = record.operation
    if not isinstance(operation, (Update, Delete)) or record.block is not None:
        return ""
    condition = operation.filter
    if condition.absent or condition.joins or any(table.column(name) is None for name in condition.columns):
        return ""
    text = record.statement.text
    depth, start, end = 0, 0, len(text)
    for token in tokens(text):
        depth += (token.text in "([") - (token.text in ")]") if token.kind == "mark" else 0
        if token.kind != "word" or depth:
            continue
        joins = token.text in ("with", "from", "using", "as", "current") and not start
        if joins and not (token.text == "from" and isinstance(operation, Delete)):
            return ""
        if token.text == "where" and not start:
            head = text[: token.start].split()
            bare = head[-1].lower() if isinstance(operation, Delete) else head[1].lower()
            if bare.strip('"').rpartition(".")[2].strip('"') != operation.table.name.lower():
                return ""
            start = token.end
        elif token.text == "returning" and start:
            end = token.start
    return " ".join(text[start:end].split()) if start else ""
