"""
Values that the server does not cast.

A change of type without USING takes a cast that the server makes by itself: text becomes no integer that way,
and an enum no other enum, whatever the rows hold. The default of the column is cast apart from them, and
USING is no help there: drop it before, and set it again after.
The same goes for defaults: `boolean DEFAULT 0` has another type than its column, and `'new'` may be no value
of the enum. A foreign key to or from the column needs types that the server can compare after the change.

Only reported where the types are known: built-in ones, and the enums and domains that the history makes.
Silent about types of extensions, about functions, and in a history that makes casts of its own.

https://www.postgresql.org/docs/current/typeconv.html
"""

from collections.abc import Iterator

from miglint.model import FailureCause, Finding, Severity, Statement
from miglint.rule import Bad, Context, Good, Rule, refused

_MOODS = """
    CREATE TYPE old_mood AS ENUM ('sad');
    CREATE TYPE mood AS ENUM ('sad', 'glad');
    CREATE TABLE people (id bigint PRIMARY KEY, age text, happy int DEFAULT 0, mood old_mood DEFAULT 'sad');
"""

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "text becomes an integer without USING",
            "ALTER TABLE people ALTER COLUMN age TYPE integer;  -- expect: refused-cast",
            history=_MOODS,
        ),
        Good(
            "USING casts the values",
            "ALTER TABLE people ALTER COLUMN age TYPE integer USING age::integer;",
            history=_MOODS,
        ),
        Good(
            "cast that the server makes by itself",
            "ALTER TABLE people ALTER COLUMN happy TYPE bigint;",
            history=_MOODS,
        ),
        Bad(
            "USING with a cast that does not exist",
            "ALTER TABLE people ALTER COLUMN id TYPE uuid USING id::uuid;  -- expect: refused-cast",
            history=_MOODS,
        ),
        Bad(
            "default that the new type does not take",
            "ALTER TABLE people ALTER COLUMN happy TYPE boolean USING happy > 0;  -- expect: refused-cast",
            history=_MOODS,
        ),
        Bad(
            "default of an enum that is made anew",
            "ALTER TABLE people ALTER COLUMN mood TYPE mood USING mood::text::mood;  -- expect: refused-cast",
            history=_MOODS,
        ),
        Good(
            "default is dropped in the same statement",
            """
                ALTER TABLE people
                    ALTER COLUMN mood TYPE mood USING mood::text::mood,
                    ALTER COLUMN mood DROP DEFAULT,
                    ALTER COLUMN mood SET DEFAULT 'glad';
            """,
            history=_MOODS,
        ),
        Bad(
            "default of another type",
            "ALTER TABLE people ADD COLUMN active boolean DEFAULT 1;  -- expect: refused-cast",
            history=_MOODS,
        ),
        Bad(
            "default that is no value of the enum",
            "ALTER TABLE people ALTER COLUMN mood SET DEFAULT 'angry';  -- expect: refused-cast",
            history=_MOODS,
        ),
        Good(
            "string that the type reads",
            "ALTER TABLE people ADD COLUMN active boolean DEFAULT 'yes';",
            history=_MOODS,
        ),
        Bad(
            "type of a column that a foreign key points to",
            "ALTER TABLE people ALTER COLUMN id TYPE text;  -- expect: refused-cast",
            history=f"{_MOODS}\nCREATE TABLE pets (owner bigint REFERENCES people);",
        ),
    ),
)


@rule.check(Statement)
def refused_cast(statement: Statement, ctx: Context) -> Iterator[Finding]:
    yield from refused(ctx, FailureCause.CAST)
