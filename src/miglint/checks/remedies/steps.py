"""Help in steps: SQL that has to run outside a transaction, and the migration tool's own way to run it so."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from miglint.checks.remedies.dumps import in_one_dump, is_dump
from miglint.model import Advice, Name, quote
from miglint.text.lazy import expression

_HEAD = expression(
    r"(CREATE\s+(?:UNIQUE\s+)?INDEX)(?:\s+CONCURRENTLY)?(?:\s+IF\s+NOT\s+EXISTS)?(?=\W)", re.IGNORECASE
)


def outside_transaction(
    advice: Advice, sql: str, *, later: bool = False, remark: str = "", again: str = "", each: bool = False
) -> str:
    """Say how to run SQL outside a transaction, as SQL with comments.

    `later`: the migration at hand comes first; `remark` says what the SQL is for; `again` is what a migration
    has, for databases that are still to be made, where people run the SQL by hand; `each` statement of the
    SQL goes alone.
    """
    way = tools_way(advice, sql)
    if way or not advice.always_in_transaction:
        when = "in a later migration" if later else "in a migration of its own"
        lines = [f"{when}, outside a transaction{remark}", *([way] if way else [])]
        if not sql:
            return ":\n".join(lines)
        lines[0] = f"{'each ' if each else ''}{lines[0]}:"
        return "\n".join([*(f"-- {line}" for line in lines), _marked(advice, sql)])
    when = "after the deploy" if later else "before the deploy"
    lines = [f"-- by hand with psql, {when}{remark}: {advice.always_in_transaction}", *([sql] if sql else [])]
    if again:
        lines += [f"-- and in {'a later' if later else 'the'} migration, which then finds it done:", again]
    return "\n".join(lines)


def _marked(advice: Advice, sql: str) -> str:
    """Write blocks in a tool's own way, for tools that cut a file at each semicolon."""
    if not advice.block_marks and not advice.inner_semicolon:
        return sql

    def written(block: re.Match[str]) -> str:
        text = block[0].removesuffix(";").replace(";", advice.inner_semicolon or ";") + ";"
        return "\n".join([advice.block_marks[0], text, advice.block_marks[1]]) if advice.block_marks else text

    return re.sub(r"^DO \$\$$.*?^END \$\$;$", written, sql, flags=re.MULTILINE | re.DOTALL)


def tools_way(advice: Advice, sql: str) -> str:
    """Give the tool's own way to run a statement outside a transaction; "" where there is none."""
    block = re.search(r"^DO \$\$$", sql, re.MULTILINE)
    text = sql[block.start() :] if block else sql
    special = (way.how for way in advice.run_alone if re.match(way.statements, text, re.IGNORECASE))
    return next(special, advice.run_outside_transaction)


def concurrent_index(text: str, name: str, *, if_not_exists: bool = False) -> str:
    """Write a CREATE INDEX with CONCURRENTLY; `name` is put in where it has none, "" leaves it as it is."""
    return _with(text, "CONCURRENTLY IF NOT EXISTS" if if_not_exists else "CONCURRENTLY", name)


def index_if_missing(text: str, name: str) -> str:
    """Write a CREATE INDEX with IF NOT EXISTS and without CONCURRENTLY; see `concurrent_index`."""
    return _with(text, "IF NOT EXISTS", name)


def copy_of_columns(
    table: Name, key: tuple[str, ...], columns: tuple[str, ...], tool: str, as_text: Collection[str] = ()
) -> str:
    """Say how to keep what columns hold, with a key that tells rows apart.

    `as_text` are the columns whose type goes: a copy of that type would be in the way of its DROP.
    """
    name = f"{table.name}_{columns[0] if len(columns) == 1 else 'columns'}_copy"
    kept = (f"{quote(c)}::text AS {quote(c)}" if c in as_text else quote(c) for c in (*key, *columns))
    query = f"SELECT {', '.join(kept)} FROM {table.sql}"
    if tool == "prisma":
        # `migrate dev` compares the database with the Prisma schema, and drops what that does not know.
        return (
            "until then a copy can be kept, in a schema that Prisma does not manage:\n"
            f"CREATE SCHEMA IF NOT EXISTS copies;\nCREATE TABLE copies.{quote(name)} AS {query};"
        )
    return f"until then a copy can be kept:\nCREATE TABLE {Name(table.schema, name).sql} AS {query};"


_Steps = list[tuple[str, list[str]]]
_SHOWN = 5
_SHORT = 4
_ENOUGH = 10


def several(helps: list[str]) -> tuple[str, int]:
    """Give the help of several findings as one, and how many it leaves out.

    Helps whose steps are alike are one, step by step, in each step the SQL of all of them, of many the first
    few. Those with other steps follow; where the SQL of one is long, only the first of all is given.
    """
    kinds: dict[tuple[str, ...], list[_Steps]] = {}
    for text in helps:
        steps = _steps(text)
        kinds.setdefault(tuple(_for_each(remark) for remark, _ in steps), []).append(steps)
    lines: list[str] = []
    left = 0
    for remarks, alike in kinds.items():
        long = any(len(piece) > _SHORT for each in alike for _, piece in each)
        if lines and (long or len(lines) > _ENOUGH):
            left += len(alike)
        elif len(alike) == 1 or long:
            lines += [line for remark, piece in alike[0] for line in (*([remark] if remark else []), *piece)]
            left += len(alike) - 1
        else:
            lines += _together(remarks, alike)
    return "\n".join(lines), left


def _together(remarks: Sequence[str], alike: Sequence[_Steps]) -> Iterator[str]:
    for number, remark in enumerate(remarks):
        pieces = in_one_dump(dict.fromkeys(tuple(each[number][1]) for each in alike))
        if remark:
            yield remark
        shown = (line for piece in pieces[:_SHOWN] for line in piece)
        # What follows it locks the table: no other VALIDATE may come after that.
        yield from sorted(shown, key=lambda line: " VALIDATE CONSTRAINT " not in line)
        if len(pieces) > _SHOWN:
            yield f"-- and the same for {len(pieces) - _SHOWN} more"


def _for_each(remark: str) -> str:
    """Speak of several; and of each alone where a file sent as one query makes one transaction of them."""
    if remark[:1].islower():
        return re.sub(r"\b(change|drop|dump|uses) it\b", r"\1 them", remark)
    apart = remark.startswith("-- in a ") and ", outside a transaction" in remark
    return remark.replace("-- in", "-- each in", 1) if apart else remark


def _steps(text: str) -> _Steps:
    """Split help at its comments and prose, which is in lower case; "" before the first of them."""
    steps: _Steps = [("", [])]
    for line in text.splitlines():
        if line.startswith("--") or (line[:1].islower() and not is_dump(line)):
            steps.append((line, []))
        else:
            steps[-1][1].append(line)
    return steps


def in_later_release(text: str) -> str:
    """Say "a later release" for a tool that runs all pending migrations in one transaction."""
    said = r"(?m)^(-- .*|[a-z].*)\b(in|to) a "
    text = re.sub(rf"{said}later migration\b", r"\1\2 a migration of a later release", text)
    return re.sub(rf"{said}migration of its own\b(?!, outside)", r"\1\2 a migration of another release", text)


def with_later_names(text: str, names: Mapping[str, str]) -> str:
    """Write the steps of later migrations with the names that tables have by then."""
    names = {old: new for old, new in names.items() if not _renames(text, old)}
    lines: list[str] = []
    later = False
    for line in text.split("\n"):
        if line.startswith("-- ") and not line.startswith("-- and then"):
            later = " later " in line or "after the deploy" in line or (later and "migration" not in line)
        lines.append(_renamed(line, names) if later else line)
    return "\n".join(lines)


def _renames(text: str, table: str) -> bool:
    """Whether one of the steps renames a table, so that the others come before that."""
    return re.search(rf"{re.escape(table)}\s+RENAME\s+TO\b", text, re.IGNORECASE) is not None


def _renamed(line: str, names: Mapping[str, str]) -> str:
    for old, new in names.items():
        line = new.join(re.split(rf'(?<![\w."]){re.escape(old)}(?![\w"])', line))
    return line


def rename_index(text: str, name: str, new: str) -> str:
    """Write a CREATE INDEX with another name."""
    head = _HEAD.match(text)
    end = head.end() if head else 0
    return text[:end] + text[end:].replace(name, new, 1)


def _with(text: str, words: str, name: str) -> str:
    found = _HEAD.match(text)
    if found is None:
        return text
    return " ".join(part for part in (found[1], words, name, text[found.end() :].strip()) if part)
