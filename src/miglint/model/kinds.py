"""Kinds of statements and of actions, in the words of SQL: what a project can name to forbid it."""

_OBJECTS = (
    "access method|aggregate|cast|collation|conversion|database|domain|event trigger|extension"
    "|foreign data wrapper|foreign table|function|group|index|language|materialized view|operator"
    "|operator class|operator family|policy|procedure|publication|role|routine|rule|schema|sequence|server"
    "|statistics|subscription|table|tablespace|text search|transform|trigger|type|user|user mapping|view"
).split("|")
_REPLACED = ("aggregate", "function", "language", "procedure", "rule", "transform", "trigger", "view")
_OTHERS = (
    "alter default privileges|alter large object|alter system|analyze|begin|call|checkpoint|cluster|comment"
    "|commit|copy|create table as|deallocate|declare|delete|discard|do|drop owned|execute|explain|grant"
    "|import foreign schema|insert|listen|load|lock|merge|notify|prepare|reassign owned"
    "|refresh materialized view|reindex|release|reset|revoke|rollback|savepoint|security label|select|set"
    "|truncate|unlisten|update|vacuum"
).split("|")

COMMANDS = frozenset(
    (
        *(f"{verb} {kind}" for verb in ("create", "alter", "drop") for kind in _OBJECTS),
        *(f"create or replace {kind}" for kind in _REPLACED),
        *_OTHERS,
    )
)
"""The first words of a statement, without what may stand between them: TEMPORARY, UNIQUE, RECURSIVE."""

ACTIONS = frozenset(
    (
        "add column|add constraint|add identity|add value|add attribute|alter attribute|drop attribute"
        "|rename attribute|alter column type|alter constraint|attach partition|detach partition|drop column"
        "|drop constraint|drop default|drop expression|drop identity|drop not null|enable trigger"
        "|disable trigger|enable row level security|disable row level security|force row level security"
        "|no force row level security|inherit|no inherit|owner|rename column|rename constraint|rename value"
        "|rename|set schema|replica identity|set access method|set default|set expression|set identity"
        "|set logged|set not null|set statistics|set storage|set storage parameter|set tablespace"
        "|set unlogged|validate constraint"
    ).split("|")
)
"""What one statement does to a table, a type or another object."""

KINDS = COMMANDS | ACTIONS
