"""What the server does is said in a clause, which messages put after "while"."""

import re

from miglint.checks.checker import Plan
from miglint.engine import run
from miglint.model import Direction, History, Migration, Script, Source, Span, TransactionMode
from miglint.registry import load_rules
from miglint.testing import clean_sql

_VERB = re.compile(r"\b(?:is|are|copies|changes|moves|fits|takes)\b")


def test_each_reason_for_work_has_a_verb():
    reasons = set()
    for example in (example for rule in load_rules() for example in rule.examples if example.sql):
        migrations = []
        for number, text in enumerate((example.history, clean_sql(example))):
            source = Source(f"{number}.sql", text)
            script = Script(source, Span(0, len(text)), Direction.UP, TransactionMode.PER_STATEMENT)
            migrations.append(Migration(str(number), script))
        steps = run(History("test", ".", "postgres", tuple(migrations)), Plan()).steps
        reasons |= {work.reason for step in steps for work in step.effects.works}
    assert len(reasons) > 20
    assert {reason for reason in reasons if not _VERB.search(reason)} == set()
