"""
Statement that PostgreSQL's own parser refuses.

The server refuses it too: the migration fails here, and what is checked after it does not know what the
statement would have done. A file that is meant for another database can be left out with `exclude` in the
configuration.
Down scripts are read as well: one that does not parse is found before it is needed.

If the parser stops at a placeholder such as `{{ .Schema }}`, `${schema}` or `{schema}`, which the tool or the
program fills in before the server sees it, that is a warning, once for the script: nothing is known to be
wrong, but the statements with placeholders are not analysed.
Silent about the text that EXECUTE puts together at run time; that is listed as not analysed.

https://www.postgresql.org/docs/current/sql-commands.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Related, Severity, Source, Span, Unparsed, placeholder_at
from miglint.rule import Bad, Context, Good, Record, Rule

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    directions=("up", "down"),
    dialects={"postgres": (), "sqlite": ()},
    examples=(
        Bad(
            "SQLite changes no type of a column",
            "ALTER TABLE users ALTER COLUMN name TYPE text;  -- expect: unparsed-statement",
            history="CREATE TABLE users (id INTEGER PRIMARY KEY, name varchar(50));",
            dialect="sqlite",
        ),
        Good(
            "SQLite's names in backticks and brackets",
            "CREATE TABLE `users` ([id] INTEGER PRIMARY KEY AUTOINCREMENT);",
            dialect="sqlite",
        ),
        Bad(
            "misspelt word",
            """
                CREATE TABLE users (id bigint PRIMARY KEY);
                ALTER TABEL users ADD COLUMN name text;  -- expect: unparsed-statement
            """,
        ),
        Bad(
            "one comma too many",
            """
                CREATE TABLE users (  -- expect: unparsed-statement
                    id bigint PRIMARY KEY,
                );
            """,
        ),
        Bad(
            "text that ends too early",
            """
                CREATE TABLE users (id bigint PRIMARY KEY);
                ALTER TABLE users ADD COLUMN  -- expect: unparsed-statement
            """,
        ),
        Bad(
            "mistake next to something that looks like a placeholder",
            "UPDATE mails SET text = 'Hello {{ name }}' WERE id = 1;  -- expect: unparsed-statement",
        ),
        Bad(
            "placeholder that the tool fills in",
            """
                CREATE TABLE {{ .Schema }}.users (id bigint);  -- expect: unparsed-statement
                CREATE TABLE {{ .Schema }}.orders (id bigint);
            """,
        ),
        Bad(
            "placeholder that the program fills in with `format`",
            """
                ALTER ROLE {app_role} NOINHERIT;  -- expect: unparsed-statement
                GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {app_role};
            """,
        ),
        Bad(
            "array where none belongs, which looks like a placeholder",
            """
                ALTER TABLE users '{a}' ADD COLUMN tags text[];  -- expect: unparsed-statement
                ALTER TABLE users '{a}' ADD COLUMN names text[];  -- expect: unparsed-statement
            """,
        ),
        Good(
            "statement that parses",
            "CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "text that EXECUTE puts together",
            "DO $$ BEGIN EXECUTE 'SET work_mem = ' || quote_literal(current_setting('work_mem')); END $$;",
        ),
    ),
)


@rule.check(Unparsed)
def unparsed_statement(statement: Unparsed, ctx: Context) -> Iterator[Finding]:
    if ctx.source is None or not statement.refused or (ctx.block is not None and ctx.block.dynamic):
        return
    source = ctx.source
    placeholder = placeholder_at(statement, source)
    if placeholder:
        if ctx.once(_first_with_placeholder, source) is statement:
            yield Finding(
                statement.span,
                f"not analysed: the placeholder {placeholder} is filled in before the server sees it",
                severity=Severity.WARNING,
            )
        return
    related: tuple[Related, ...] = ()
    if statement.at is not None and statement.span.start < statement.at < len(source.sql):
        related = (Related(Span(statement.at, statement.at + 1), "the parser stops here"),)
    yield Finding(
        statement.span,
        " ".join(statement.reason.split()).rstrip(".") or "the parser refuses this statement",
        help=f"fix it; a file that is not meant for {ctx.server.title} can be left out with `exclude`",
        related=related,
    )


def _first_with_placeholder(records: tuple[Record, ...], source: Source) -> Unparsed | None:
    operations = (record.operation for record in records)
    return next((o for o in operations if isinstance(o, Unparsed) and placeholder_at(o, source)), None)
