"""Advice is worth what it costs: who follows it hears nothing new from miglint, whatever the migration tool.

Each tool's project in fixtures/tools has a migration with a CONCURRENTLY that fails, and one where it does
not: the tool's way out of its transaction. What a help or a fix says is written into them in the place of
that statement, and read again as the tool reads it.
"""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import pytest

from miglint.checks.checker import Plan
from miglint.engine import run
from miglint.model import (
    Begin,
    Commit,
    Diagnostic,
    Direction,
    History,
    Migration,
    Script,
    Severity,
    Source,
    Span,
    TransactionMode,
)
from miglint.registry import load_rules
from miglint.rule import Bad, Rule
from miglint.testing import clean_sql, lint, lint_histories, policy_of, without_expectations
from miglint.tools import histories_of_texts

FIXTURES = Path(__file__).parents[3] / "fixtures" / "tools"
TOOLS = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir())
# These look at the folder as a whole, which is cut and put together anew here.
NOT_OF_STATEMENTS = ("history", "rollback")
# A step can follow what the help says in words, or the statement itself, which are not put in place here.
NOT_MADE = {"missing-object"}
RULES = tuple(rule for rule in load_rules() if rule.category not in NOT_OF_STATEMENTS)
BY_HAND = re.compile(r"-- by hand with psql, (?:before|after) the deploy\b.*")
OUTSIDE = re.compile(
    r"-- in a (?:migration of (?:its own|a later release)|later migration), outside a transaction\b.*"
)
INSIDE = re.compile(
    r"-- (?:and )?in (?:the migration|a later migration|a migration of a later release)\b.*|-- and then:"
)
STEPS = re.compile("|".join(f"(?:^{step.pattern}$)" for step in (BY_HAND, OUTSIDE, INSIDE)), re.MULTILINE)


class Template(NamedTuple):
    """A migration of a tool's project: its file, and the text around the statement that others replace."""

    path: str
    head: str
    tail: str
    migration: str


class Project(NamedTuple):
    """A tool's project; `outside` is None where the tool runs everything in a transaction."""

    texts: dict[str, str]
    history: History
    inside: Template
    outside: Template | None

    def script(self, template: Template, sql: str, **more: str) -> Script:
        """Give what the tool makes of SQL in the place of a template's statement."""
        sql = escape(sql) if template.path.endswith(".xml") else sql
        text = template.head + sql.strip().removesuffix(";") + template.tail
        texts = {**self.texts, template.path: text, **more}
        (history,) = read(texts)
        found = next(migration for migration in history.migrations if migration.id == template.migration)
        assert found.up is not None
        return found.up

    def alone(self, sql: str) -> Script:
        """Give what the tool makes of SQL that its user runs outside a transaction, as it advises."""
        advice = self.history.advice
        usual = not any(re.match(way.statements, sql.lstrip(), re.IGNORECASE) for way in advice.run_alone)
        if self.history.tool == "flyway" and usual:
            return self.script(self.inside, sql, **{f"{self.inside.path}.conf": "executeInTransaction=false"})
        line = re.search(r"begin the file with `(--[^`]+)`", advice.run_outside_transaction)
        if line and self.outside is not None and line[1] not in self.outside.head:
            return self.script(self.outside._replace(head=f"{line[1]}\n{self.outside.head}"), sql)
        if self.outside is not None:
            return self.script(self.outside, sql)
        assert self.history.advice.run_outside_transaction, "there is no way"
        # An option of the command, or a file in another language.
        return self.script(self.inside, sql)._replace(mode=TransactionMode.PER_STATEMENT)


def read(texts):
    histories = histories_of_texts({path: text.encode() for path, text in texts.items()})
    return [history for history in histories if history.dialect == "postgres"]


@cache
def project(tool: str) -> Project | None:
    folder = FIXTURES / tool
    files = (path for path in folder.rglob("*") if path.is_file())
    texts = {path.relative_to(folder).as_posix(): path.read_text() for path in files}
    histories = read(texts)
    if not histories:
        return None
    (history,) = histories
    run_ = run(history, Plan(rules=RULES))
    failing = {
        (d.migration, d.statement) for d in run_.diagnostics if d.rule == "concurrently-in-transaction"
    }
    inside, outside = [], []
    for migration in history.migrations:
        if migration.up is None:
            continue
        sql = migration.up.source.sql
        for found in re.finditer(r"CREATE INDEX CONCURRENTLY[^;]*", sql[slice(*migration.up.span)]):
            start = migration.up.span.start + found.start()
            statement = migration.up.source.place(Span(start, start + len(found.group().rstrip()))).span
            fails = any(statement.start == at.start for of, at in failing if of == migration.id)
            template = _template(migration, statement, run_.steps)
            (inside if fails else outside).append(template)
    return Project(texts, history, (inside or outside)[0], outside[0] if outside else None)


def _template(migration, statement, steps) -> Template:
    """Leave the statement out, and all others but those that open and close a transaction."""
    source = migration.up.source
    text = list(source.text)
    for step in steps:
        own = step.statement.place.span
        ends = any(isinstance(o, (Begin, Commit)) for o in step.statement.operations)
        if step.migration == migration.id and step.statement.source.path == source.path and not ends:
            end = source.text.find(";", own.end - 1) + 1 or own.end
            text[slice(*own)] = " " * (own.end - own.start)
            if statement.start != own.start and not source.text[own.end : end].strip(" ;\n"):
                text[own.end : end] = " " * (end - own.end)
    whole = "".join(text)
    return Template(source.path, whole[: statement.start], whole[statement.end :], migration.id)


def after(project: Project, scripts: list[Script], earlier: str, example: Bad) -> list:
    """Give the findings about scripts that follow `earlier`, at least warnings."""
    source = Source("earlier.sql", earlier)
    setup = Script(source, Span(0, len(earlier)), Direction.UP, TransactionMode.PER_STATEMENT)
    migrations = [Migration("0", setup)]
    for number, script in enumerate(scripts, 1):
        own = Source(f"{number}/{script.source.path}", script.source.text)
        segments = script.source.segments(Span(0, len(script.source.sql)))
        made = Source.mapped(segment._replace(file=own) for segment in segments)
        migrations.append(Migration(str(number), script._replace(source=made)))
    history = project.history._replace(migrations=tuple(migrations), declared=None, irregularities=())
    plan = Plan(rules=RULES, policy=policy_of(example))
    return [d for d in lint_histories([history], plan) if d.migration != "0"]


def grave(found) -> set[str]:
    return {d.rule for d in found if d.severity >= Severity.WARNING}


def steps(help_text: str) -> list[tuple[str, str]]:
    """Cut a help into what runs where: "inside" and "outside" a transaction, or "by hand"."""
    marks = list(STEPS.finditer(help_text))
    found = [("inside", help_text[: marks[0].start()])]
    for mark, end in zip(marks, [*(m.start() for m in marks[1:]), len(help_text)], strict=True):
        head = mark.group()
        kind = "by hand" if BY_HAND.fullmatch(head) else "outside" if OUTSIDE.fullmatch(head) else "inside"
        found.append((kind, help_text[mark.end() : end]))
    return [(kind, sql) for kind, sql in found if re.sub(r"--.*", "", sql).strip()]


def without_drops(sql: str, help_text: str) -> str:
    """Leave out the statements that drop what a help drops later."""
    for name in re.findall(r"DROP (?:CONSTRAINT|INDEX) (\w+)", help_text):
        sql = re.sub(rf"(?:ALTER TABLE \w+ DROP CONSTRAINT|DROP INDEX) {name};", "", sql)
    return sql


def report(wrong) -> str:
    return "\n\n".join(
        f"{rule} ({title}): {', '.join(sorted(new))}\n{text}" for rule, title, new, text in wrong
    )


EXAMPLES = [
    (rule, example)
    for rule in RULES
    for example in rule.examples
    if isinstance(example, Bad) and example.sql and "-- migration" not in example.sql
    if example.dialect == "postgres"
]


@cache
def reported(tool: str) -> list[tuple[Rule, Bad, str, list[Diagnostic]]]:
    """Give what is found where the tool runs the examples of the rules."""
    made = project(tool)
    found = []
    for rule, example in EXAMPLES if made is not None else ():
        sql = without_expectations(clean_sql(example))
        found.append(
            (rule, example, sql, after(made, [made.script(made.inside, sql)], example.history, example))
        )
    return found


@pytest.mark.parametrize("tool", TOOLS)
def test_help_that_is_followed_gives_no_new_finding(tool):
    made = project(tool)
    wrong = []
    followed = set()
    for rule, example, sql, found in reported(tool):
        for diagnostic in (d for d in found if d.rule == rule.name and STEPS.search(d.finding.help)):
            finding, statement = diagnostic.finding, diagnostic.source.sql[slice(*diagnostic.statement)]
            earlier = f"{example.history}\n{sql[: max(sql.find(statement), 0)]}"
            chunks = steps(finding.help)
            before = diagnostic.source.sql[: finding.span.start].rstrip()
            if before.endswith(",") and re.match(r"-- in a (migration of a )?later", finding.help):
                earlier = f"{example.history}\n{before[:-1]};"  # The actions in front of it stay.
            if "in place of its DROP in this one as well" in finding.help:
                earlier = without_drops(earlier, finding.help)
            if any(re.search(r"\.\.\. ON|ON \.\.\.|\(\.\.\.\)", chunk) for _, chunk in chunks):
                continue  # too much of it is left to people
            scripts = []
            for kind, chunk in chunks:
                if kind == "by hand":
                    assert made.outside is None or made.history.advice.run_alone
                    continue
                step = chunk.replace("...", "NULL")
                scripts.append(made.alone(step) if kind == "outside" else made.script(made.inside, step))
            followed.add(rule.name)
            new = grave(after(made, scripts, earlier, example)) - (grave(found) - {rule.name}) - NOT_MADE
            if new:
                wrong.append((rule.name, example.title, new, finding.help))
    assert not wrong, report(wrong)
    assert made is None or {"blocking-index-build", "unbatched-update", "primary-key-build"} <= followed


@pytest.mark.parametrize("tool", TOOLS)
def test_a_fix_that_is_made_gives_no_new_finding(tool):
    made = project(tool)
    wrong = []
    for rule, example, sql, found in reported(tool):
        for fix in (d.finding.fix for d in found if d.rule == rule.name and d.finding.fix):
            text = before = made.script(made.inside, sql).source.text
            for edit in sorted(fix.edits, reverse=True):
                text = text[: edit.start] + edit.text + text[edit.end :]
            end = len(made.inside.head) + len(sql.strip().removesuffix(";")) + len(text) - len(before)
            fixed = text[len(made.inside.head) : end]
            new = grave(after(made, [made.script(made.inside, fixed)], example.history, example))
            if new - grave(found):
                wrong.append((rule.name, example.title, new - grave(found), fixed))
    assert not wrong, report(wrong)


def test_truncating_each_table_by_name_with_a_reason_is_accepted():
    history = (
        "CREATE TABLE plans (id bigint PRIMARY KEY);\nCREATE TABLE seats (plan_id bigint REFERENCES plans);"
    )
    usual = tuple(rule for rule in RULES if rule.profile == "safety")
    (report,) = lint(usual, Bad("", "TRUNCATE plans CASCADE;", history=history))
    prose, _, advised = report.finding.help.partition("\n")
    assert prose.startswith("remove CASCADE")
    assert advised.startswith("TRUNCATE plans, seats;")
    assert not list(lint(usual, Bad("", advised, history=history)))


@pytest.mark.parametrize(
    ("late", "advised"),
    [
        ("UPDATE users SET name = lower(name);", "in batches that commit"),
        ("DELETE FROM users WHERE name IS NULL;", "in batches that commit"),
        ("INSERT INTO users SELECT id, name FROM guests;", "in a migration of its own"),
    ],
)
def test_slow_writes_below_a_lock_are_not_only_moved(late, advised):
    history = """
        CREATE TABLE users (id bigint PRIMARY KEY, name text);
        CREATE TABLE guests (id bigint, name text);
        CREATE TABLE teams (id bigint);
    """
    sql = f"ALTER TABLE teams ADD COLUMN name text;\n{late}"
    (rule,) = (rule for rule in RULES if rule.name == "slow-work-after-lock")
    (report,) = lint((rule,), Bad("", sql, history=history))
    assert advised in report.finding.help


def test_where_the_query_is_to_be_cut_by_hand_the_way_to_do_so_is_prose():
    history = "CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE guests (id bigint PRIMARY KEY);"
    sql = "MERGE INTO users USING guests ON users.id = guests.id WHEN MATCHED THEN DELETE;"
    (rule,) = (rule for rule in RULES if rule.name == "unbatched-update")
    (report,) = lint((rule,), Bad("", sql, history=history))
    assert "--" not in report.finding.help


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_says_how_to_leave_its_transaction_or_that_it_never_does(tool):
    made = project(tool)
    if made is not None:
        advice = made.history.advice
        assert advice.run_outside_transaction or advice.always_in_transaction
