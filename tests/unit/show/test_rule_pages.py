"""A rule's page says what makes the difference between two examples of the same SQL."""

from miglint.dialects import SUPPORTED
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.show.rules import page


def test_no_example_looks_like_one_of_the_other_kind():
    for rule in load_rules():
        bad, _, good = page(rule, SUPPORTED).partition("## Not reported")
        shown = {block.partition("\n")[2].strip() for block in bad.split("\n### ")[1:]}
        alike = [block for block in good.split("\n### ")[1:] if block.partition("\n")[2].strip() in shown]
        assert not alike, f"{rule.name}: {alike[0]}"
        assert any(isinstance(example, Bad) for example in rule.examples)
