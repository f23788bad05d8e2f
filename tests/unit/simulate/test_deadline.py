"""A script has its time: what is left of it then is listed as not analysed."""

from miglint.engine import Plan, run
from miglint.model import Direction, History, Migration, Name, Script, Source, Span, TransactionMode
from miglint.registry import load_rules
from miglint.simulate import Conditions

SQL = "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\nCREATE TABLE c (id int);\n"


def history(*ids):
    scripts = {
        id_: Script(Source(f"{id_}.sql", SQL.replace(" (", f"{id_} (")), Span(0, len(SQL) + 3), Direction.UP,
                    TransactionMode.PER_STATEMENT)
        for id_ in ids
    }  # fmt: skip
    return History("test", ".", "postgres", tuple(Migration(id_, up=up) for id_, up in scripts.items()))


def after(statements):
    """Give each script time for so many statements."""

    def begin():
        asked = iter([""] * statements)
        return lambda: next(asked, "too long")

    return Conditions(deadline=begin)


def test_the_rest_of_a_script_is_left_out_and_listed():
    found = run(history("1"), Plan(), conditions=after(2))

    assert [name.name for name in found.schema.relations] == ["a1", "b1"]
    assert [(one.line, one.reason) for one in found.not_analysed] == [(3, "too long")]
    assert found.cut_off


def test_each_script_has_its_own_time():
    found = run(history("1", "2"), Plan(), conditions=after(2))

    assert Name("public", "b2") in found.schema.relations
    assert len(found.not_analysed) == 2


BLOCK = "DO $$ BEGIN\n" + "UPDATE orders SET x = 1;\n" * 5 + "END $$;\nDROP TABLE orders;"


def block(begin, rules=()):
    up = Script(Source("1.sql", BLOCK), Span(0, len(BLOCK)), Direction.UP, TransactionMode.PER_STATEMENT)
    history = History("test", ".", "postgres", (Migration("1", up=up),))
    return run(history, Plan(rules=rules), conditions=Conditions(deadline=begin))


def test_the_rest_of_a_block_is_left_out_and_listed():
    found = block(after(3).deadline)

    assert [(one.line, one.end_line, one.reason) for one in found.not_analysed][:1] == [(4, 8, "too long")]
    assert found.cut_off


def test_rules_are_no_longer_asked_when_the_time_is_over():
    begun = iter([after(100), after(3)])
    found = block(lambda: next(begun).deadline(), load_rules())

    assert [(one.line, one.end_line, one.reason) for one in found.not_analysed] == [(4, 8, "too long")]
    updates = [each for each in found.diagnostics if each.rule == "unbatched-update"]
    assert {each.source.position(each.finding.span.start).line for each in updates} == {2, 3}
    assert found.cut_off


def test_without_a_deadline_all_is_run():
    found = run(history("1"), Plan())

    assert len(found.schema.relations) == 3
    assert not found.cut_off
