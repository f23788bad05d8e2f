import subprocess
import sys
from pathlib import Path

import pytest

import miglint
from miglint.config import (
    FIELDS,
    OVERRIDE_FIELDS,
    Override,
    RuleSeverity,
    Settings,
    check_names,
    excluded,
    load,
    override,
    override_for,
    selects,
    severity_of,
)
from miglint.errors import ConfigError, UnknownRule, UsageError
from miglint.model import Name, Severity, TransactionMode

RULES = ("blocking-index-build", "varchar-column")
CATEGORIES = ("locks", "design")


def settings(folder: Path, toml: str, name: str = "miglint.toml") -> Settings:
    (folder / name).write_text(toml, encoding="utf-8")
    return load(str(folder))


def error(folder: Path, toml: str, name: str = "miglint.toml") -> tuple[str, str]:
    """Give the message and the hint for a configuration that is wrong."""
    with pytest.raises(ConfigError) as raised:
        settings(folder, toml, name)
    return raised.value.message, raised.value.hint


# --- where the file is -------------------------------------------------------------------------------


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()

    assert load(str(tmp_path)) == Settings()


def test_miglint_toml_is_read(tmp_path: Path) -> None:
    assert settings(tmp_path, "require_reason = true") == Settings(require_reason=True, file="miglint.toml")


def test_the_table_in_pyproject_toml_is_read(tmp_path: Path) -> None:
    text = "[tool.other]\nx = 1\n[tool.miglint]\nrequire_reason = true\n"

    assert settings(tmp_path, text, "pyproject.toml") == Settings(require_reason=True, file="pyproject.toml")


def test_miglint_toml_wins_over_pyproject_toml(tmp_path: Path) -> None:
    settings(tmp_path, "[tool.miglint]\nrequire_reason = true\n", "pyproject.toml")

    assert settings(tmp_path, "").require_reason is False


def test_the_nearest_file_above_is_read_and_its_paths_count_from_its_folder(tmp_path: Path) -> None:
    settings(tmp_path, 'paths = ["db", "./x/../y"]')
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)

    assert load(str(inside)) == Settings(
        paths=("../../db", "../../y"),
        baseline="../../miglint-baseline.json",
        sizes="../../miglint-sizes.toml",
        file="../../miglint.toml",
        root="../..",
    )


@pytest.mark.parametrize(
    "text", ["[tool.other]\n", "# tool.miglint is not used here\n", "[tool.miglint-x]\n"]
)
def test_a_pyproject_toml_without_the_table_is_passed_by(tmp_path: Path, text: str) -> None:
    settings(tmp_path, "require_reason = true")
    inside = tmp_path / "a"
    inside.mkdir()

    assert settings(inside, text, "pyproject.toml").require_reason is True


def test_a_pyproject_toml_of_others_is_not_even_parsed(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()

    assert settings(tmp_path, "this is no TOML", "pyproject.toml") == Settings()


def test_nothing_above_the_repository_is_read(tmp_path: Path) -> None:
    settings(tmp_path, "require_reason = true")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)

    assert load(str(repository)) == Settings()


def test_a_named_file_is_read_wherever_it_is(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "strict.toml").write_text('paths = ["m"]\nrequire_reason = true', encoding="utf-8")

    assert load(str(tmp_path), "etc/strict.toml") == Settings(
        paths=("etc/m",),
        require_reason=True,
        baseline="etc/miglint-baseline.json",
        sizes="etc/miglint-sizes.toml",
        file="etc/strict.toml",
        root="etc",
    )


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^nowhere\.toml: No such file or directory$"):
        load(str(tmp_path), "nowhere.toml")


def test_a_named_pyproject_toml_without_the_table_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"^pyproject\.toml: no table \[tool\.miglint\]$"):
        load(str(tmp_path), "pyproject.toml")


def test_no_toml_parser_is_imported_without_a_file(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    program = (
        "import sys; from miglint.config import load; load(); "
        "print(sorted({'tomli', 'tomllib', 'pathlib', 'dataclasses', 'fnmatch'} & set(sys.modules)))"
    )
    environment = {"PYTHONPATH": str(Path(miglint.__file__).parents[1])}
    ran = subprocess.run(
        [sys.executable, "-S", "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout == "[]\n"


# --- what is in it -----------------------------------------------------------------------------------


def test_every_key(tmp_path: Path) -> None:
    assert settings(
        tmp_path,
        """
        select = ["all"]
        ignore = ["design"]
        fail_on = "note"
        postgres_version = 18
        time_zone = "UTC"
        paths = ["db/migrations/"]
        exclude = ["old"]
        require_reason = true
        lock_timeout = "each"
        runner_sets_lock_timeout = true
        hot_tables = ["orders", "billing.Invoices", '"a.b"."c""d"']
        small_tables = ["Order Items"]
        down = "required"
        max_file_seconds = 2

        [severity]
        blocking-index-build = "note"
        varchar-column = "off"

        [[overrides]]
        paths = ["db/migrations/001*"]
        transaction = "per_statement"

        [[overrides]]
        paths = ["db/vendor"]
        ignore = ["locks"]
        """,
    ) == Settings(
        select=("all",),
        ignore=("design",),
        severity=(
            RuleSeverity("blocking-index-build", Severity.NOTE),
            RuleSeverity("varchar-column", None),
        ),
        fail_on=Severity.NOTE,
        postgres_version=18,
        time_zone="UTC",
        paths=("db/migrations",),
        exclude=("old",),
        require_reason=True,
        lock_timeout="each",
        runner_sets_lock_timeout=True,
        hot_tables=(Name("public", "orders"), Name("billing", "Invoices"), Name("a.b", 'c"d')),
        small_tables=(Name("public", "Order Items"),),
        down="required",
        max_file_seconds=2,
        overrides=(
            Override(("db/migrations/001*",), transaction=TransactionMode.PER_STATEMENT),
            Override(("db/vendor",), ignore=("locks",)),
        ),
        file="miglint.toml",
        names_version=True,
    )


def test_every_setting_is_documented_with_its_default(tmp_path: Path) -> None:
    documented = [field.key for field in FIELDS]
    defaults = "\n".join(f"{field.key} = {field.default}" for field in FIELDS if field.default)

    assert documented == list(Settings._fields[: len(documented)])
    assert [field.key for field in OVERRIDE_FIELDS] == list(Override._fields)
    assert all(field.sentence.endswith(".") for field in FIELDS + OVERRIDE_FIELDS)
    named = {"names_baseline": False, "names_version": False, "names_sizes": False}
    assert settings(tmp_path, defaults)._replace(file="", **named) == Settings()


@pytest.mark.parametrize(
    ("toml", "message", "hint"),
    [
        ("\nfail-on = 1", "miglint.toml:2: fail-on: unknown key", "did you mean 'fail_on'?"),
        (
            'forbidden_statements = ["REVOKE", "add colum"]',
            "miglint.toml:1: forbidden_statements: no kind of statement is called 'add colum'",
            "did you mean 'add column'?",
        ),
        *(
            (
                f'required_settings = ["{name}"]',
                f"miglint.toml:1: required_settings: no setting is called '{name.lower()}'",
                hint,
            )
            for name, hint in (
                ("statment_timeout", "did you mean 'statement_timeout'?"),
                ("Statement-Timeout", "did you mean 'statement_timeout'?"),
                ("idle_in_transaction_timeout", "did you mean 'idle_in_transaction_session_timeout'?"),
                ("time_zone", "did you mean 'timezone'?"),
                ("SET x", ""),
            )
        ),
        ("xyzzy = 1", "miglint.toml:1: xyzzy: unknown key", ""),
        (
            'fail_on = "warnign"',
            'miglint.toml:1: fail_on: expected "error", "warning" or "note", found \'warnign\'',
            "did you mean 'warning'?",
        ),
        (
            "fail_on = 3",
            'miglint.toml:1: fail_on: expected "error", "warning" or "note", found 3',
            "",
        ),
        (
            'select = "all"',
            "miglint.toml:1: select: expected a list of strings, found 'all'",
            'write ["all"]',
        ),
        ("ignore = [1]", "miglint.toml:1: ignore: expected a list of strings, found [1]", ""),
        ("exclude = {}", "miglint.toml:1: exclude: expected a list of strings, found {}", ""),
        ("time_zone = ''", "miglint.toml:1: time_zone: expected a string that is not empty, found ''", ""),
        (
            "require_reason = 1",
            "miglint.toml:1: require_reason: expected true or false, found 1",
            "",
        ),
        (
            "postgres_version = '14'",
            "miglint.toml:1: postgres_version: expected a whole number from 12 to 18, found '14'",
            "",
        ),
        (
            "postgres_version = 11",
            "miglint.toml:1: postgres_version: expected a whole number from 12 to 18, found 11",
            "",
        ),
        (
            "postgres_version = true",
            "miglint.toml:1: postgres_version: expected a whole number from 12 to 18, found true",
            "",
        ),
        (
            "max_file_seconds = 0",
            "miglint.toml:1: max_file_seconds: expected a number above 0, found 0",
            "",
        ),
        (
            "max_file_seconds = nan",
            "miglint.toml:1: max_file_seconds: expected a number above 0, found nan",
            "",
        ),
        (
            "hot_tables = ['a.b.c']",
            "miglint.toml:1: hot_tables: expected a list of table names, found ['a.b.c']",
            "'a.b.c' is not the name of a table",
        ),
        (
            "severity = 'error'",
            'miglint.toml:1: severity: expected a table from rules to "error", "warning", "note" or "off", '
            "found 'error'",
            "",
        ),
        (
            "# x\n[severity]\na-rule = 'error'\nb-rule = 'none'",
            'miglint.toml:4: severity.b-rule: expected "error", "warning", "note" or "off", found \'none\'',
            "did you mean 'note'?",
        ),
        (
            "\nseverity = {x = 1}",
            'miglint.toml:2: severity.x: expected "error", "warning", "note" or "off", found 1',
            "",
        ),
        (
            "\nseverity.x = 1",
            'miglint.toml:2: severity.x: expected "error", "warning", "note" or "off", found 1',
            "",
        ),
        ("overrides = 1", "miglint.toml:1: overrides: expected a list of tables, found 1", ""),
        (
            "[overrides]\npaths = ['x']",
            "miglint.toml:1: overrides: expected a list of tables, found {'paths': ['x']}",
            "",
        ),
        (
            "[[overrides]]\npaths = ['x']\nignore = ['a']\n\n[[overrides]]\ntransaktion = 'script'",
            "miglint.toml:6: overrides.transaktion: unknown key",
            "did you mean 'transaction'?",
        ),
        (
            "[[overrides]]\npaths = ['x']\ntransaction = 'none'",
            'miglint.toml:3: overrides.transaction: expected "per_run", "per_migration", "implicit_batch", '
            '"per_statement", "pipeline" or "script", found \'none\'',
            "",
        ),
        (
            "[[overrides]]\npaths = ['x']\nignore = ['a']\n[[ overrides ]]\ntransaction = 'script'",
            "miglint.toml:4: overrides: no paths",
            "give the globs of the migrations that it applies to",
        ),
        (
            "[[overrides]]\npaths = ['x']",
            "miglint.toml:1: overrides: nothing besides paths",
            "set transaction or ignore",
        ),
        ("a = 1\nb = ", "miglint.toml:2: not TOML: Invalid value", ""),
        ("a = 1\na = 2", "miglint.toml:2: not TOML: Cannot overwrite a value", ""),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, toml: str, message: str, hint: str) -> None:
    assert error(tmp_path, toml) == (message, hint)


def test_places_count_in_the_whole_pyproject_toml(tmp_path: Path) -> None:
    toml = "[tool.other]\nselct = 1\n\n[tool.miglint]\nselct = 1\n"

    assert error(tmp_path, toml, "pyproject.toml") == (
        "pyproject.toml:5: selct: unknown key",
        "did you mean 'select'?",
    )
    assert error(tmp_path, '[tool.miglint]\n[tool.miglint.severity]\n"a" = 1\n', "pyproject.toml")[
        0
    ].startswith("pyproject.toml:3: severity.a: expected")


def test_a_file_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "miglint.toml").write_bytes(b"# ok\n# \xff\n")

    with pytest.raises(ConfigError, match=r"^miglint\.toml:2: not UTF-8$"):
        load(str(tmp_path))


def test_a_file_that_is_too_large_or_too_deep_is_an_error(tmp_path: Path) -> None:
    assert error(tmp_path, "#" * 1_000_001) == ("miglint.toml: larger than 1000000 bytes", "")
    assert error(tmp_path, "a = " + "[" * 50_000)[0].startswith("miglint.toml")


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    assert settings(tmp_path, "\ufeffrequire_reason = true").require_reason is True


# --- the command line --------------------------------------------------------------------------------


def test_the_command_line_wins_and_what_it_does_not_give_stays() -> None:
    written = Settings(select=("all",), postgres_version=16, file="miglint.toml")

    assert override(written, select=["locks"], fail_on="error", postgres_version=None) == Settings(
        select=("locks",),
        fail_on=Severity.ERROR,
        postgres_version=16,
        file="miglint.toml",
        from_command_line=frozenset({"select", "fail_on"}),
    )


def test_a_wrong_value_on_the_command_line_names_the_option() -> None:
    with pytest.raises(UsageError) as raised:
        override(Settings(), fail_on="errors")

    assert raised.value.message == '--fail-on: expected "error", "warning" or "note", found \'errors\''
    assert raised.value.hint == "did you mean 'error'?"


# --- names of rules ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "known",
    [
        Settings(select=("safety", "design"), ignore=("locks", "all")),
        Settings(severity=(RuleSeverity("varchar-column", None),)),
        Settings(overrides=(Override(("x",), ignore=("blocking-index-build",)),)),
    ],
)
def test_known_names_are_accepted(known: Settings) -> None:
    check_names(known, RULES, CATEGORIES)


@pytest.mark.parametrize(
    ("wrong", "message", "hint"),
    [
        (
            Settings(select=("blocking-index-bild",), file="miglint.toml"),
            "miglint.toml: select: unknown rule 'blocking-index-bild'",
            "did you mean 'blocking-index-build'?",
        ),
        (
            Settings(ignore=("lock",), file="miglint.toml", from_command_line=frozenset({"ignore"})),
            "--ignore: unknown rule 'lock'",
            "did you mean 'locks'?",
        ),
        (
            Settings(select=("prefer-bigint-over-int",), file="miglint.toml"),
            "miglint.toml: select: unknown rule 'prefer-bigint-over-int'",
            "prefer-bigint-over-int is a rule of squawk; here it is integer-primary-key and integer-column",
        ),
        (
            Settings(severity=(RuleSeverity("lock", None),), file="miglint.toml"),
            "miglint.toml: severity: unknown rule 'lock'",
            "did you mean 'locks'?",
        ),
        (
            Settings(overrides=(Override(("x",), ignore=("xyz",)),), file="miglint.toml"),
            "miglint.toml: overrides.ignore: unknown rule 'xyz'",
            "",
        ),
    ],
)
def test_unknown_names_are_an_error(wrong: Settings, message: str, hint: str) -> None:
    with pytest.raises(UnknownRule) as raised:
        check_names(wrong, RULES, CATEGORIES)

    assert (raised.value.message, raised.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("chosen", "runs"),
    [
        pytest.param(Settings(), True, id="all that is no matter of taste, by default"),
        pytest.param(Settings(select=("all",)), True, id="all"),
        pytest.param(Settings(select=("locks",)), True, id="its category"),
        pytest.param(Settings(select=("design",)), False, id="another category"),
        pytest.param(Settings(select=("blocking-index-build",)), True, id="its name"),
        pytest.param(Settings(ignore=("locks",)), False, id="its category is ignored"),
        pytest.param(Settings(ignore=("blocking-index-build",)), False, id="its name is ignored"),
        pytest.param(
            Settings(select=("blocking-index-build",), ignore=("locks",)),
            True,
            id="a name outweighs a category",
        ),
        pytest.param(
            Settings(select=("locks",), ignore=("blocking-index-build",)), False, id="an ignored name, too"
        ),
        pytest.param(Settings(select=("locks",), ignore=("locks",)), False, id="ignoring wins a draw"),
        pytest.param(
            Settings(select=("all",), severity=(RuleSeverity("blocking-index-build", None),)),
            False,
            id="switched off by its severity",
        ),
        pytest.param(
            Settings(severity=(RuleSeverity("locks", None),)), False, id="its category is switched off"
        ),
        pytest.param(
            Settings(
                severity=(
                    RuleSeverity("locks", None),
                    RuleSeverity("blocking-index-build", Severity.NOTE),
                )
            ),
            True,
            id="a severity of its own outweighs that of its category",
        ),
    ],
)
def test_a_rule_runs_if_the_settings_select_it(chosen: Settings, runs: bool) -> None:
    assert selects(chosen, "blocking-index-build", "locks") is runs


def test_the_severity_of_a_rule_outweighs_that_of_its_category() -> None:
    rule, category = RuleSeverity("a-rule", Severity.NOTE), RuleSeverity("locks", Severity.ERROR)

    assert severity_of(Settings(severity=(category, rule)), "a-rule", "locks") is Severity.NOTE
    assert severity_of(Settings(severity=(category,)), "a-rule", "locks") is Severity.ERROR
    assert severity_of(Settings(severity=(rule,)), "other", "locks") is None


def test_matters_of_taste_run_only_when_asked_for() -> None:
    assert selects(Settings(), "varchar-column", "design", taste=True) is False
    assert selects(Settings(select=("all",)), "varchar-column", "design", taste=True) is True
    assert selects(Settings(select=("design",)), "varchar-column", "design", taste=True) is True


# --- globs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("old", "old/1.sql", True),
        ("old", "db/old/1.sql", True),
        ("old", "db/older/1.sql", False),
        ("old/", "db/old/1.sql", True),
        ("/old", "db/old/1.sql", False),
        ("./db/old", "db/old/1.sql", True),
        ("*.sql", "db/old/1.sql", True),
        ("db/*.sql", "db/1.sql", True),
        ("db/*.sql", "db/old/1.sql", False),
        ("db/**/*.sql", "db/1.sql", True),
        ("db/**/*.sql", "db/a/b/1.sql", True),
        ("db/**", "db/a/b/1.sql", True),
        ("db/**", "db2/a.sql", False),
        ("db/000?_*", "db/0001_a.sql", True),
        ("db/000?_*", "db/00010_a.sql", False),
        ("app/[id]/*.sql", "app/[id]/1.sql", True),
        ("app/[id]/*.sql", "app/i/1.sql", False),
        ("a.sql", "./a.sql", True),
        ("a.sql", "aXsql", False),
        ("db**.sql", "db/a/b/1.sql", True),
        # Tried in each combination, these would take hours.
        ("**/" * 20 + "x", "a/" * 60 + "y", False),
        ("**/*/" * 20 + "x", "a/" * 60 + "y", False),
        ("**a" * 20 + "**b", "a/" * 60 + "y", False),
        ("*a" * 20 + "*b", "a" * 250, False),
    ],
)
def test_globs(glob: str, path: str, fits: bool) -> None:
    assert excluded(Settings(exclude=(glob,)), path) is fits


def test_nothing_is_excluded_by_default() -> None:
    assert excluded(Settings(), "node_modules/x.sql") is False


def test_globs_count_from_the_folder_of_the_configuration() -> None:
    above = Settings(exclude=("/db/old",), file="../miglint.toml", root="..")

    assert excluded(above, "../db/old/1.sql") is True
    assert excluded(above, "db/old/1.sql") is False


def test_overrides_that_fit_a_path_add_up_and_the_last_transaction_wins() -> None:
    some = Settings(
        overrides=(
            Override(("db",), TransactionMode.SCRIPT, ("a",)),
            Override(("db/1.sql", "db/2.sql"), TransactionMode.PER_RUN),
            Override(("db/1.sql",), None, ("b",)),
            Override(("other",), TransactionMode.PIPELINE, ("c",)),
        )
    )

    assert override_for(some, "db/1.sql")[1:] == (TransactionMode.PER_RUN, ("a", "b"))
    assert override_for(some, "x.sql")[1:] == (None, ())


def test_names_of_settings_have_no_case_and_those_of_extensions_and_of_other_servers_are_taken(tmp_path):
    toml = 'required_settings = ["Statement_Timeout", "my.setting", "log_statement_stats", "new_setting"]'
    names = ("statement_timeout", "my.setting", "log_statement_stats", "new_setting")
    assert settings(tmp_path, toml).required_settings == names


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ("drop", ("'drop table'", "'drop column'", "'drop index'")),
        ("create", ("'create table'", "'create index'")),
        ("index", ("'create index'", "'drop index'", "'alter index'")),
        ("alter table add column", ("'add column'",)),
        ("create index concurrently", ("'create index'",)),
        ("create indx", ("'create index'",)),
        ("xyzzy", ("lists the kinds",)),
    ],
)
def test_a_kind_that_there_is_not_is_answered_with_those_that_hold_its_words(tmp_path, asked, kinds):
    with pytest.raises(ConfigError) as raised:
        settings(tmp_path, f'forbidden_statements = ["{asked}"]')

    assert all(kind in raised.value.hint for kind in kinds)
