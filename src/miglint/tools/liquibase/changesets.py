"""Changesets, in whichever format they are written, and the migrations that they are."""

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import NamedTuple

from miglint.model.migration import Absent, Direction, Migration, Problem, Script, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of_provider
from miglint.text.layout import shortened
from miglint.text.lazy import expression
from miglint.text.placeholders import DOLLAR_BRACES, filler
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


class Text(NamedTuple):
    """SQL in a file: what the server gets in place of the span, of the same length."""

    source: Source
    span: Span
    sql: str


class Changeset(NamedTuple):
    """One changeset: its SQL, usually one text, and that of its rollback.

    `texts` are several where it runs files of SQL. `opaque` are the changes in it that are not read.
    `reversible`: Liquibase can work out the rollback. `unless` as in `Migration`.
    `is_plain`: no change in it has a delimiter of its own, or is sent whole whatever the changeset says.
    """

    headline: Headline
    place: Span
    texts: tuple[Text, ...]
    down: Text | None = None
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
        """Put in its texts what the server gets for delimiters and placeholders, at equal length."""
        texts = tuple(self._ready(text) for text in self.texts)
        return self._replace(texts=texts, down=self.down and self._ready(self.down))

    def _ready(self, text: Text) -> Text:
        sql = shortened(text.sql, _DEFAULT_SCHEMA, lambda _: "public") if "${" in text.sql else text.sql
        if self.headline.split:
            sql = delimited(sql, self.headline.delimiter)
        return text._replace(sql=in_place(sql))

    @property
    def downs(self) -> tuple[Text, ...]:
        """The way back from each of its texts: that from the first undoes all of them."""
        if self.down is None:
            return ()
        undone = remark("undone with the first part of the changeset", self.down.span)
        return (self.down, *(self.down._replace(sql=undone) for _ in self.texts[1:]))

    def migrations(self, id_: str, release: str, ups: "Filled", downs: "Filled") -> list[Migration]:
        """Give its migrations: one for each text, the first of which has the rollback."""
        repeatable = self.headline.repeatable
        # What one part makes is no reason to pass the next one over.
        unless = self.unless if len(self.texts) == 1 else ()
        if not self.texts:
            return [Migration(id_, None, opaque=problem) for problem in self.opaque[:1]]
        found = []
        for number, (text, down) in enumerate(zip_longest(self.texts, self.downs), 1):
            up = self._script(text, Direction.UP, ups)
            back = down and self._script(down, Direction.DOWN, downs)
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

    def _script(self, text: Text, direction: Direction, filled: "Filled") -> Script:
        return Script(filled.source(text), text.span, direction, *self.headline.wrapping)


class Filled:
    """Files with the SQL of their changesets in place: one text for all, for files can hold thousands.

    Where several have something else in one place, there are as many texts as that takes.
    """

    def __init__(self, texts: Iterable[Text]) -> None:
        self._layers: dict[str, list[dict[Span, Text]]] = {}
        for text in texts:
            layers = self._layers.setdefault(text.source.path, [])
            if not any(layer.setdefault(text.span, text).sql == text.sql for layer in layers):
                layers.append({text.span: text})
        self._sources: dict[tuple[str, int], Source] = {}

    def source(self, text: Text) -> Source:
        """Give the file of a text, in which at least the text is in place."""
        source, span, sql = text
        layers = self._layers[source.path]
        number = next(i for i, layer in enumerate(layers) if span in layer and layer[span].sql == sql)
        key = (source.path, number)
        if key not in self._sources:
            self._sources[key] = _filled(source, layers[number])
        whole = self._sources[key]
        if whole.sql[span.start : span.end] == sql:
            return whole
        # Another changeset overlaps it.
        return _filled(source, {span: text})


def _filled(source: Source, texts: Mapping[Span, Text]) -> Source:
    parts: list[str] = []
    at = 0
    for span, text in sorted(texts.items()):
        if span.start >= at:
            parts += (source.text[at : span.start], text.sql)
            at = span.end
    return Source(source.path, source.text, "".join(parts) + source.text[at:])


def remark(words: str, span: Span) -> str:
    """Give a comment in SQL for a script that says in its own way why it is empty."""
    return f"-- {words}"[: span.end - span.start].ljust(span.end - span.start)


def delimited(sql: str, delimiter: str) -> str:
    """Put a semicolon where Liquibase splits at the `endDelimiter` of a change."""
    return redelimited(sql, delimiter.replace("\\n", "\n").strip())


def may_be_chosen(context: str) -> bool:
    """Tell whether a context is not another database's: to call them so is a habit."""
    is_database = context.isidentifier() and dialect_of_provider(context) is not None
    return not is_database or is_for_postgres(context)


def is_for_postgres(dbms: str) -> bool:
    """Tell whether a list of databases, `postgresql, h2` or `!mysql`, is for PostgreSQL."""
    names = [name.strip() for name in dbms.lower().split(",") if name.strip()]
    if "none" in names:
        return False
    if "!postgresql" in names:
        return False
    wanted = [name for name in names if not name.startswith("!")]
    return not wanted or "all" in wanted or "postgresql" in wanted
