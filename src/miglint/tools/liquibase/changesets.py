"""Changesets, in whichever format they are written, and the migrations that they are."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import NamedTuple

from miglint.model.migration import Absent, Direction, Migration, Problem, Script, TransactionMode
from miglint.model.source import Segment, Source, Span
from miglint.project.dialects import dialect_of_provider
from miglint.text.lazy import expression
from miglint.text.placeholders import DOLLAR_BRACES, filler
from miglint.text.source_map import replaced
from miglint.text.sql import redelimited
from miglint.tools._scripts import Wrapping

in_place = filler(DOLLAR_BRACES)
"""Put a word where a placeholder is left over."""
_DEFAULT_SCHEMA = expression(r"\$\{database\.(?:default|liquibase)SchemaName\}")


class Headline(NamedTuple):
    """What the first line of a changeset says: who it is, and how it runs.

    `chosen_by` are its contexts and labels, by which a run can leave it out.
    `run_order` is "first" or "last" where it does not run in its place.
    """

    name: str
    chosen_by: tuple[str, str]
    dbms: str
    ignored: bool
    repeatable: bool
    in_transaction: bool
    split: bool
    delimiter: str
    run_with: str
    run_order: str

    @classmethod
    def of(cls, author: str, id_: str, attributes: Mapping[str, str]) -> "Headline":
        """Read the attributes, by their names in lower case."""

        def get(key: str) -> str:
            return attributes.get(key.lower(), "")

        return cls(
            name=f"{author}:{id_}",
            chosen_by=(get("contextFilter") or get("context"), get("labels")),
            dbms=get("dbms").lower(),
            ignored=get("ignore").lower() == "true",
            repeatable="true" in (get("runOnChange").lower(), get("runAlways").lower()),
            in_transaction=get("runInTransaction").lower() != "false",
            split=get("splitStatements").lower() != "false",
            delimiter=get("endDelimiter"),
            run_with=get("runWith").lower(),
            run_order=get("runOrder").lower(),
        )

    @property
    def applies(self) -> bool:
        """Tell whether it runs on PostgreSQL."""
        return not self.ignored and is_for_postgres(self.dbms) and may_be_chosen(self.chosen_by[0])

    @property
    def wrapping(self) -> Wrapping:
        """Tell how its statements are sent."""
        if self.run_with and self.run_with != "jdbc":
            reason = f"`runWith`: Liquibase leaves the changeset to {self.run_with}"
            return Wrapping(TransactionMode.SCRIPT, reason)
        if self.in_transaction:
            return Wrapping(TransactionMode.PER_MIGRATION, "Liquibase runs each changeset in a transaction")
        if self.split:
            reason = "`runInTransaction` is false: Liquibase sends the statements one by one"
            return Wrapping(TransactionMode.PER_STATEMENT, reason)
        reason = "`splitStatements` is false: Liquibase sends the changeset as one query"
        return Wrapping(TransactionMode.IMPLICIT_BATCH, reason)


class Changeset(NamedTuple):
    """One changeset: its SQL, usually one source, and that of its rollback.

    `ups` are several where it runs files of SQL. `opaque` are the changes in it that are not read.
    `reversible`: Liquibase can work out the rollback. `unless` as in `Migration`.
    `is_plain`: no change in it has a delimiter of its own, or is sent whole whatever the changeset says.
    """

    headline: Headline
    place: Span
    ups: tuple[Source, ...]
    down: Source | None = None
    opaque: tuple[Problem, ...] = ()
    reversible: bool = False
    unless: tuple[Absent, ...] = ()
    is_plain: bool = True

    @property
    def is_cut_at_semicolons(self) -> bool:
        """Tell whether Liquibase cuts its SQL at semicolons, and nowhere else."""
        line = self.headline
        return self.is_plain and line.split and not line.delimiter and line.run_with in ("", "jdbc")

    def ready(self) -> "Changeset":
        """Put in its SQL what the server gets for delimiters and placeholders."""
        ups = tuple(map(self._ready, self.ups))
        return self._replace(ups=ups, down=self.down and self._ready(self.down))

    def _ready(self, source: Source) -> Source:
        if "${" in source.sql:
            source = replaced(source, _DEFAULT_SCHEMA, lambda _: "public")
        sql = delimited(source.sql, self.headline.delimiter) if self.headline.split else source.sql
        return source.filled(in_place(sql))

    @property
    def downs(self) -> tuple[Source, ...]:
        """The way back from each part of it: that from the first undoes all of them."""
        if self.down is None:
            return ()
        place = self.down.place(Span(0, len(self.down.sql)))
        undone = remark("undone with the first part of the changeset", *place)
        return (self.down, *(undone for _ in self.ups[1:]))

    def migrations(self, id_: str, release: str) -> list[Migration]:
        """Give its migrations: one for each source, the first of which has the rollback."""
        repeatable = self.headline.repeatable
        # What one part makes is no reason to pass the next one over.
        unless = self.unless if len(self.ups) == 1 else ()
        if not self.ups:
            return [Migration(id_, None, opaque=problem) for problem in self.opaque[:1]]
        found = []
        for number, (source, down) in enumerate(zip_longest(self.ups, self.downs), 1):
            up = self._script(source, Direction.UP)
            back = self._script(down, Direction.DOWN) if down else None
            name = id_ if number == 1 else f"{id_}({number})"
            found.append(
                Migration(
                    name,
                    up,
                    back,
                    repeatable=repeatable,
                    reversible=self.reversible,
                    release=release,
                    unless=unless,
                )
            )
        return found

    def _script(self, source: Source, direction: Direction) -> Script:
        return Script(source, Span(0, len(source.sql)), direction, *self.headline.wrapping)


def remark(words: str, file: Source, span: Span) -> Source:
    """Give a comment in SQL for a script that says in its own way why it is empty."""
    return Source.mapped((Segment(f"-- {words}", file, span),))


def delimited(sql: str, delimiter: str) -> str:
    """Put a semicolon where Liquibase splits at the `endDelimiter` of a change."""
    return redelimited(sql, delimiter.replace("\\n", "\n").strip())


def may_be_chosen(context: str) -> bool:
    """Tell whether a context is not another database's: to call them so is a habit."""
    is_database = context.isidentifier() and dialect_of_provider(context) is not None
    return not is_database or is_for_postgres(context)


def databases(*lists: str) -> frozenset[str]:
    """Give the databases that lists name, `postgresql, h2`."""
    return frozenset(name for each in lists for name in each.lower().replace(",", " ").split())


def is_for_postgres(dbms: str) -> bool:
    """Tell whether a list of databases, `postgresql, h2` or `!mysql`, is for PostgreSQL."""
    names = [name.strip() for name in dbms.lower().split(",") if name.strip()]
    if "none" in names:
        return False
    if "!postgresql" in names:
        return False
    wanted = [name for name in names if not name.startswith("!")]
    return not wanted or "all" in wanted or "postgresql" in wanted
