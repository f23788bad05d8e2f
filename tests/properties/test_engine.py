"""Laws of the engine, for arbitrary text."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miglint.dialects.postgres.parser import statements
from miglint.engine import Plan, run
from miglint.findings.suppressions import apply, parse
from miglint.model import Direction, History, Migration, Script, Source, Span, TransactionMode
from miglint.registry import load_rules
from miglint.rule import Good

RULES = load_rules()
EXAMPLES = [(rule, example) for rule in RULES for example in rule.examples]

WORDS = (
    "CREATE TABLE ALTER DROP INDEX CONCURRENTLY ON ADD COLUMN NOT NULL DEFAULT UPDATE SET WHERE DELETE FROM "
    "DO BEGIN END LOOP COMMIT SELECT INSERT INTO VALUES ( ) , ; ' \" $$ $a$ -- /* */ \\ :: \n é 🐘 orders id "
    "text int now() = 1 CHECK REFERENCES UNIQUE PRIMARY KEY CONSTRAINT VALIDATE TYPE USING TRUNCATE CASCADE"
).split(" ")
sql_like = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)
anything = st.one_of(st.text(max_size=200), sql_like).filter(lambda text: "\0" not in text)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def history_of(text, mode=TransactionMode.IMPLICIT_BATCH, earlier=""):
    def migration(name, content):
        source = Source(f"{name}.sql", content)
        script = Script(source=source, span=Span(0, len(content)), direction=Direction.UP, mode=mode)
        return Migration(id=name, up=script)

    migrations = (migration("1", earlier), migration("2", text))
    return History(tool="test", root=".", dialect="postgres", migrations=migrations)


def findings(text, rules=RULES, earlier="", mode=TransactionMode.IMPLICIT_BATCH):
    result = run(history_of(text, mode, earlier), Plan(rules=rules))
    assert not result.crashes, result.crashes
    return result


@quick
@given(anything)
def test_no_text_makes_the_engine_raise(text):
    findings(text)


@quick
@given(anything)
def test_every_span_lies_inside_its_source(text):
    result = findings(text)

    for step in result.steps:
        assert 0 <= step.statement.span.start <= step.statement.span.end <= len(step.statement.source.text)
    for diagnostic in result.diagnostics:
        source = diagnostic.finding.source or diagnostic.source
        for span in (diagnostic.finding.span, *(r.span for r in diagnostic.finding.related)):
            assert 0 <= span.start <= span.end <= max(len(source.text), len(text))


@quick
@given(anything)
def test_no_code_is_lost_between_statements(text):
    """What stands in no statement is space, a comment, a semicolon, or for the client only."""
    covered = [False] * len(text)
    for raw in statements(text):
        covered[raw.span.start : raw.span.end] = [True] * (raw.span.end - raw.span.start)
    left = "".join(c if not covered[i] else " " for i, c in enumerate(text))

    if not any(mark in text for mark in ("--", "/*", "\\", "'", '"', "$")):
        assert not left.strip("; \t\r\n\f\v") or not left.replace(";", "").strip()


@quick
@given(st.sampled_from(EXAMPLES), st.randoms())
def test_the_order_of_the_rules_changes_nothing(pair, shuffler):
    _, example = pair
    shuffled = list(RULES)
    shuffler.shuffle(shuffled)

    def seen(rules):
        result = findings(example.sql, tuple(rules), example.history, example.mode)
        return sorted((d.rule, d.finding.span, d.finding.message) for d in result.diagnostics)

    assert seen(RULES) == seen(shuffled)


@quick
@given(st.sampled_from(EXAMPLES), st.integers(0, 2**32))
def test_comments_and_blank_lines_between_statements_change_no_finding(pair, seed):
    _, example = pair
    noise = random.Random(seed).choice(["\n\n", "-- a comment; with DROP TABLE in it\n", "/* é */\n", "\r\n"])

    plain = findings(example.sql, earlier=example.history, mode=example.mode)
    noisy = findings(noise + example.sql, earlier=example.history, mode=example.mode)

    def seen(result, shift):
        return sorted(
            (d.rule, d.finding.span.start - shift, d.finding.message)
            for d in result.diagnostics
            if d.source.path == "2.sql" and d.finding.source is None
        )

    assert seen(plain, 0) == seen(noisy, len(noise))


@quick
@given(st.sampled_from([e for _, e in EXAMPLES if not isinstance(e, Good)]))
def test_the_case_of_keywords_changes_no_finding(example):
    def swapped(text):
        keywords = (word.lower() if word.isupper() and word.isalpha() else word for word in text.split(" "))
        return " ".join(keywords)

    def seen(text):
        result = findings(text, earlier=example.history, mode=example.mode)
        return sorted((d.rule, d.finding.span.start) for d in result.diagnostics)

    assert seen(example.sql) == seen(swapped(example.sql))


@quick
@given(st.sampled_from([e for _, e in EXAMPLES if not isinstance(e, Good)]))
def test_suppressing_a_finding_removes_exactly_that_finding(example):
    result = findings(example.sql, earlier=example.history, mode=example.mode)
    shown = [d for d in result.diagnostics if d.source.path == "2.sql"]
    if not shown:
        return
    target = shown[0]
    comment = f"-- miglint: ignore-file[{target.rule}] tested\n"

    again = findings(comment + example.sql, earlier=example.history, mode=example.mode)
    directives = {source.path: parse(source) for source in again.sources}
    applied = apply(again.diagnostics, directives, {rule.name for rule in RULES})

    kept = [d.rule for d in applied.diagnostics if d.suppressed is None and d.source.path == "2.sql"]
    assert sorted(kept) == sorted(d.rule for d in shown if d.rule != target.rule)
