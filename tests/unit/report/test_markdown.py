import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import FULL, GAP, HIDDEN, diagnostic, report

from miglint.model import Diagnostic, NotAnalysed, Report, Severity
from miglint.report.markdown import LONGEST, render
from miglint.text.visible import visible

ZERO_WIDTH_SPACE = "\u200b"


def cells(line: str) -> list[str]:
    """Split a row as a table does, and read its references."""
    assert re.fullmatch(r"\|([^|]*\|)+", line)
    return [html.unescape(cell).strip() for cell in line[1:-1].split("|")]


def rows(full: Report) -> list[list[str]]:
    lines = [line for line in render(full).split("\n") if line.startswith("|")]
    return [cells(line) for line in lines[2:]]


def test_a_whole_report_has_errors_first_and_help_folded_away() -> None:
    assert render(report(*reversed(FULL.diagnostics), not_analysed=(GAP,))) == (
        """\
### miglint: 1 error, 1 warning, 1 note, 1 place not analysed

12 migrations of 1 history, 80 statements, 1 suppressed

| severity | place | rule | message |
|---|---|---|---|
| error | <code>migrations/2.sql:2</code> | blocking-index-build | \
index build blocks writes to orders until it ends |
| warning | <code>migrations/3 b.sql:2</code> | unbounded-update | UPDATE writes every row of orders |
| warning | <code>migrations/6.sql:9</code> | not-analysed | syntax error at or near "foo" |
| note | <code>migrations/5.sql:1</code> | other | only a note |

<details>
<summary>What to do instead</summary>

<code>migrations/2.sql:2</code> blocking-index-build

```
build it concurrently, in a migration of its own:
  CREATE INDEX CONCURRENTLY orders_status
    ON orders (status);
```

</details>
"""
    )


def test_without_findings_the_heading_says_so() -> None:
    assert render(report()) == (
        """\
### miglint: no findings

12 migrations of 1 history, 80 statements
"""
    )


def test_the_heading_does_not_pass_over_what_was_not_analysed() -> None:
    assert render(report(not_analysed=(GAP, GAP))).startswith(
        "### miglint: no findings, 2 places not analysed\n"
    )


def test_suppressed_findings_are_counted_only() -> None:
    assert "1 suppressed" in render(report(HIDDEN))
    assert rows(report(HIDDEN)) == []


def test_the_migrations_in_scope_are_counted() -> None:
    assert "12 migrations (2 in scope) of 1 history" in render(report()._replace(in_scope=2))


# --- nothing in the input is markup --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("drops orders_status", "drops orders_status"),
        ("drops __all__ and a_", "drops &#95;&#95;all&#95;&#95; and a&#95;"),
        ("a | b \\| c", "a &#124; b &#92;&#124; c"),
        ("<b>&amp;</b>", "&#60;b&#62;&#38;amp;&#60;/b&#62;"),
        ("**`x`** ~~y~~", "&#42;&#42;&#96;x&#96;&#42;&#42; &#126;&#126;y&#126;&#126;"),
        ("[a](b) ![c](d)", "&#91;a&#93;(b) !&#91;c&#93;(d)"),
        ("$x$", "&#36;x&#36;"),
        ("drops\r\x1bit", "drops&#92;r&#92;x1bit"),
        ("cc @user, a@b.example", "cc @&#8203;user, a@&#8203;b.example"),
        ("see #12", "see #&#8203;12"),
        ("https://e.example www.e.example", "https:&#8203;//e.example www&#8203;.e.example"),
    ],
)
def test_special_characters_of_a_message_are_written_as_references(text: str, written: str) -> None:
    found = render(report(diagnostic("«x»", message=text)))

    assert f"| blocking-index-build | {written} |\n" in found


def test_a_path_stays_one_that_can_be_copied() -> None:
    found = render(report(diagnostic("«x»", path="packages/@acme/#1|www.x/2_a.sql")))

    assert "<code>packages/&#64;acme/&#35;1&#124;&#119;&#119;&#119;.x/2_a.sql:1</code>" in found
    assert rows(report(diagnostic("«x»", path="a|b/@c.sql")))[0][1] == "<code>a|b/@c.sql:1</code>"


def test_a_code_block_is_fenced_with_more_backticks_than_it_holds() -> None:
    found = render(report(diagnostic("«x»", help="run:\n````\n</details> | @user\n")))

    assert "\n`````\nrun:\n````\n</details> | @user\n`````\n" in found


MARKUP = st.lists(
    st.sampled_from(
        ["\\", "`", "|", "<", ">", "&", "[", "]", "*", "_", "~", "$", "@", "#", "www.", "://", "a", "\n"]
    )
    | st.characters()
).map("".join)


@given(message=MARKUP, path=MARKUP, rule=MARKUP, help=MARKUP, reason=MARKUP)
def test_any_text_stays_in_its_cell(message: str, path: str, rule: str, help: str, reason: str) -> None:
    line = message.replace("\n", "") + "x"
    found = diagnostic("«x»", message=line, path=path, rule=rule, help=help)
    text = render(report(found, not_analysed=(NotAnalysed(path, 1, 1, reason),)))
    table = [cells(line) for line in text.split("\n")[6:8]]

    assert [cell.replace(ZERO_WIDTH_SPACE, "") for row in table for cell in row] == [
        "error", f"<code>{visible(path)}:1</code>", visible(rule).strip(), visible(line).strip(),
        "warning", f"<code>{visible(path)}:1</code>", "not-analysed", visible(reason).strip(),
    ]  # fmt: skip
    for written in text.split("\n")[6:8]:
        assert re.findall(r"[<>]|</?code>", written.replace("<code>", "").replace("</code>", "")) == []
        assert not re.search(r"[@#](?!\d+;|&#8203;)|(?<!&)#\d", written.replace("<code>", ""))


# --- the longest comment -------------------------------------------------------------------------------


def many(number: int, severity: Severity = Severity.ERROR, help: str = "") -> list[Diagnostic]:
    return [diagnostic("«x»", path=f"{n}.sql", severity=severity, help=help) for n in range(number)]


def test_a_long_report_stays_below_the_longest_comment_and_says_what_is_left_out() -> None:
    found = [*many(1000, Severity.NOTE), *many(1000, help="do it\nbetter")]
    text = render(report(*found))

    assert LONGEST - 2000 < len(text) <= LONGEST
    shown = len(re.findall(r"^\| error ", text, re.MULTILINE))
    helped = len(re.findall(r"^better$", text, re.MULTILINE))
    assert "| note |" not in text
    assert (
        f"\n\n**Too long for a comment, so left out here: {2000 - shown} rows "
        f"and what to do instead for {1000 - helped} findings**\n"
    ) in text


def test_help_is_left_out_before_rows() -> None:
    text = render(report(*many(100, help="x" * 1000)))
    helped = len(re.findall("^x{1000}$", text, re.MULTILINE))

    assert len(re.findall(r"^\| error ", text, re.MULTILINE)) == 100
    assert 0 < helped < 100
    assert f"left out here: what to do instead for {100 - helped} findings**\n" in text
    assert len(text) <= LONGEST


def test_one_row_that_is_too_long_does_not_take_the_others_along() -> None:
    huge = diagnostic("«x»", message="x" * LONGEST)
    text = render(report(huge, diagnostic("«x»", message="short")))

    assert "| short |" in text
    assert "left out here: 1 row**" in text
    assert len(text) <= LONGEST
