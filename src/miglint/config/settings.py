"""What can be set, what each key takes, and how its value is read: once, into typed values."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from miglint.config.limits import read_limits, read_rates, read_thresholds
from miglint.config.sql_words import is_setting, kinds_like, misspelt_setting
from miglint.config.values import (
    Field,
    WrongValue,
    in_words,
    read_if,
    read_name,
    read_one_of,
    read_table,
    read_texts,
)
from miglint.errors import UsageError, did_you_mean
from miglint.model import KINDS, Limits, Name, Rates, Severity, Thresholds, TransactionMode

ALL = "all"
PROFILES = ("safety", ALL)
POSTGRES_VERSIONS = range(12, 19)
ORDERS = ("number", "name")
CUSTOM = "custom"
_LAYOUT = ("up", "down", "order", "dialect_suffix")

LockTimeout = Literal["once", "each", "off"]
Down = Literal["auto", "required", "off"]


class RuleSeverity(NamedTuple):
    """A severity that the configuration gives to a rule or category; None switches it off."""

    rule: str
    severity: Severity | None


class Override(NamedTuple):
    """What holds for the migrations whose path matches one of the globs `paths`."""

    paths: tuple[str, ...]
    transaction: TransactionMode | None = None
    ignore: tuple[str, ...] = ()


class ConfiguredHistory(NamedTuple):
    """What holds for the migrations in the folder `path`, relative to the working directory.

    None or "": find out, or as for all. `up`, `down`, `order` and `dialect_suffix` are the layout of a runner
    of the project's own.
    """

    path: str
    tool: str | None = None
    dialect: str | None = None
    tool_version: str | None = None
    transaction: TransactionMode | None = None
    up: str = ""
    down: str = ""
    order: str = ""
    dialect_suffix: str = ""
    sizes: str = ""


class Settings(NamedTuple):
    """All settings; `FIELDS` says what each of the first ones means.

    `paths`, `baseline`, `sizes` and `rules` are relative to the working directory, globs to `root`. `file` is
    the file, "" without one; `root` is its folder; `names_baseline`, `names_version` and `names_sizes`:
    `baseline`, `postgres_version` and `sizes` are said in it, no defaults.
    `from_command_line` are the keys that the command line set.
    """

    select: tuple[str, ...] = ("safety",)
    ignore: tuple[str, ...] = ()
    severity: tuple[RuleSeverity, ...] = ()
    fail_on: Severity = Severity.WARNING
    postgres_version: int = 14
    time_zone: str | None = None
    paths: tuple[str, ...] = (".",)
    exclude: tuple[str, ...] = ()
    require_reason: bool = False
    lock_timeout: LockTimeout = "once"
    runner_sets_lock_timeout: bool = False
    hot_tables: tuple[Name, ...] = ()
    small_tables: tuple[Name, ...] = ()
    down: Down = "auto"
    max_file_seconds: float = 10.0
    overrides: tuple[Override, ...] = ()
    histories: tuple[ConfiguredHistory, ...] = ()
    start_after: tuple[str, ...] = ()
    baseline: str = "miglint-baseline.json"
    rules: str = ""
    code_paths: tuple[str, ...] = ()
    sizes: str = "miglint-sizes.toml"
    size_limits: Limits = Limits()
    rates: Rates = Rates()
    plan: Thresholds = Thresholds()
    required_settings: tuple[str, ...] = ("statement_timeout",)
    forbidden_statements: tuple[str, ...] = ()
    file: str = ""
    root: str = "."
    names_baseline: bool = False
    names_version: bool = False
    names_sizes: bool = False
    from_command_line: frozenset[str] = frozenset()


# --- reading values ----------------------------------------------------------------------------------


def _some_texts(value: object) -> tuple[str, ...]:
    texts = read_texts(value)
    if not texts:
        raise WrongValue("names nothing", "leave it out for the default")
    return texts


_SEVERITIES = ("error", "warning", "note")
_MODES = tuple(mode.value for mode in TransactionMode)


def _severity(value: object) -> Severity:
    return Severity[read_one_of(*_SEVERITIES)(value).upper()]


def _severities(value: object) -> tuple[RuleSeverity, ...]:
    if not isinstance(value, Mapping):
        raise WrongValue
    words = read_table(
        value, tuple(Field(rule, "", read_one_of(*_SEVERITIES, "off"), "", "") for rule in value)
    )
    return tuple(
        RuleSeverity(rule, None if word == "off" else _severity(word)) for rule, word in words.items()
    )


def _tables(value: object) -> tuple[Name, ...]:
    return tuple(map(read_name, read_texts(value)))


def _kinds(value: object) -> tuple[str, ...]:
    """Read kinds of statements, in the words of SQL."""
    kinds = tuple(" ".join(text.lower().split()) for text in read_texts(value))
    for kind in kinds:
        if kind not in KINDS:
            raise WrongValue(f"no kind of statement is called {kind!r}", kinds_like(kind))
    return kinds


def _server_settings(value: object) -> tuple[str, ...]:
    """Read names of settings of the server, to which case makes no difference."""
    names = tuple(text.lower() for text in read_texts(value))
    for name in names:
        hint = misspelt_setting(name)
        if hint or not is_setting(name):
            raise WrongValue(f"no setting is called {name!r}", hint)
    return names


_ZONE_OF_POSIX = r"[A-Z]{1,5}|[^/]*[\d<>][^/]*"


def _time_zone(value: object) -> str:
    """Read a time zone as the server names them; without the system's list of them, any name is taken."""
    from zoneinfo import available_timezones

    if not isinstance(value, str) or not value:
        raise WrongValue
    known = available_timezones()
    if known and value.lower() not in map(str.lower, known) and not re.fullmatch(_ZONE_OF_POSIX, value):
        raise WrongValue(f"there is no time zone {value!r}", did_you_mean(value, tuple(sorted(known))))
    return value


def _transaction(value: object) -> TransactionMode:
    return TransactionMode(read_one_of(*_MODES)(value))


def _overrides(value: object) -> tuple[Override, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, Mapping) for item in value):
        raise WrongValue
    overrides = []
    for index, item in enumerate(value):
        try:
            values = read_table(item, OVERRIDE_FIELDS)
        except WrongValue as wrong:
            raise WrongValue(wrong.message, wrong.hint, (index, *wrong.path)) from None
        if not values.get("paths"):
            raise WrongValue("no paths", "give the globs of the migrations that it applies to", (index,))
        if len(values) == 1:
            raise WrongValue("nothing besides paths", "set transaction or ignore", (index,))
        overrides.append(Override(**values))
    return tuple(overrides)


def _histories(value: object) -> tuple[ConfiguredHistory, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, Mapping) for item in value):
        raise WrongValue
    histories: list[ConfiguredHistory] = []
    for index, item in enumerate(value):
        try:
            values = read_table(item, HISTORY_FIELDS)
        except WrongValue as wrong:
            raise WrongValue(wrong.message, wrong.hint, (index, *wrong.path)) from None
        if "path" not in values:
            raise WrongValue("no path", "give the folder that holds the migrations", (index,))
        layout = [key for key in _LAYOUT if key in values]
        if layout and values.get("tool") != CUSTOM:
            raise WrongValue("only for a runner of your own", f'add tool = "{CUSTOM}"', (index, layout[0]))
        if any(values["path"] == earlier.path for earlier in histories):
            raise WrongValue("a path that another of these tables has", "put them together", (index, "path"))
        histories.append(ConfiguredHistory(**values))
    return tuple(histories)


def _text_or_texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value else read_texts(value)


# --- the keys ----------------------------------------------------------------------------------------


_flag = read_if(lambda value: isinstance(value, bool))
_text = read_if(lambda value: isinstance(value, str) and value != "")
_seconds = read_if(lambda value: type(value) in (int, float) and value > 0)
_postgres_version = read_if(lambda value: type(value) is int and value in POSTGRES_VERSIONS)
_lock_timeout = read_one_of("once", "each", "off")
_down = read_one_of("auto", "required", "off")
_order = read_one_of(*ORDERS)

_LIST = "a list of strings"
_TABLES = "a list of table names"
_BOOL = "true or false"
_VERSION = f"a whole number from {POSTGRES_VERSIONS[0]} to {POSTGRES_VERSIONS[-1]}"

# fmt: off
FIELDS: tuple[Field, ...] = (
    Field("select", _LIST, _some_texts, '["safety"]',
          'The rules to run: rules, categories, `"safety"` (all but matters of taste) or `"all"`.'),
    Field("ignore", _LIST, read_texts, "[]",
          "Rules and categories not to run; a rule that `select` names runs even if its category is listed."),
    Field("severity", f"a table from rules to {in_words((*_SEVERITIES, 'off'))}", _severities, "{}",
          "Severities that replace those of rules or categories; a rule takes precedence over its category."),
    Field("fail_on", in_words(_SEVERITIES), _severity, '"warning"',
          "The lowest severity that makes the exit code 1."),
    Field("postgres_version", _VERSION, _postgres_version, "14",
          "The major version of the oldest server; without it, that of the image in the nearest compose "
          "file or CI pipeline, or of `supabase/config.toml`, else the oldest that is still supported."),
    Field("time_zone", "a string that is not empty", _time_zone, "",
          'The `TimeZone` of the sessions that migrate, such as `"UTC"`; without it, unknown.'),
    Field("paths", _LIST, _some_texts, '["."]',
          "The folders and files to check when the command line names none."),
    Field("exclude", _LIST, read_texts, "[]",
          "Globs of files and folders to leave out; one without a slash matches at any depth."),
    Field("require_reason", _BOOL, _flag, "false",
          "Whether a comment that hides findings must give a reason."),
    Field("lock_timeout", in_words(("once", "each", "off")), _lock_timeout, '"once"',
          "How often a missing `lock_timeout` is reported: once, for each statement, or not at all."),
    Field("runner_sets_lock_timeout", _BOOL, _flag, "false",
          "Whether `lock_timeout` is set outside the migrations: by the role, the connection or the runner."),
    Field("hot_tables", _TABLES, _tables, "[]",
          "Tables under constant load, as `table` or `schema.table`, spelled as the server stores the name."),
    Field("small_tables", _TABLES, _tables, "[]",
          "Tables so small that scanning or rewriting them takes no time."),
    Field("down", in_words(("auto", "required", "off")), _down, '"auto"',
          "Whether migrations need down scripts: where the history has them, always, or never."),
    Field("max_file_seconds", "a number above 0", _seconds, "10.0",
          "CPU seconds that one file may take; the rest is listed as not analysed, and the exit code is 2."),
    Field("overrides", "a list of tables", _overrides, "[]",
          "Settings for some migrations only; if several match, the last that sets a key decides."),
    Field("histories", "a list of tables", _histories, "[]",
          "Settings for one folder of migrations that is not detected, or that has a runner of your own."),
    Field("start_after", "a migration, or a list of them", _text_or_texts, "[]",
          "Migrations after which checking starts, one for each history: earlier findings are not reported."),
    Field("baseline", "a path", _text, '"miglint-baseline.json"',
          "The file of findings that are known and not reported, written by `miglint baseline`."),
    Field("rules", "a path", _text, "",
          "A folder of the project's own rules; `--allow-project-rules` runs their code."),
    Field("code_paths", _LIST, read_texts, "[]",
          "Folders, files and globs of code in which git looks for what migrations drop or rename."),
    Field("sizes", "a path", _text, '"miglint-sizes.toml"',
          "The file of how large tables are, which `miglint stats` writes."),
    Field("size_limits", "a table of numbers", read_limits, "{}",
          "What counts as small, hot, old, short and long, where the sizes are known."),
    Field("rates", "a table of pairs of numbers", read_rates, "{}",
          "How much the server gets done in a second, at worst and at best."),
    Field("plan", "a table of numbers", read_thresholds, "{}",
          "When a release goes back, as `miglint plan` says it."),
    Field("required_settings", _LIST, _server_settings, '["statement_timeout"]',
          "What `missing-setting` asks each migration to set before it locks a table in use."),
    Field("forbidden_statements", "a list of kinds of statements", _kinds, "[]",
          'What `forbidden-statement` reports: commands and actions, as in `["revoke", "drop column"]`.'),
)
OVERRIDE_FIELDS: tuple[Field, ...] = (
    Field("paths", _LIST, read_texts, "", "Globs of the migrations that the table is for."),
    Field("transaction", in_words(_MODES), _transaction, "",
          "How these migrations are wrapped in transactions, whatever their tool says."),
    Field("ignore", _LIST, read_texts, "[]",
          'Rules and categories not to run on these migrations, or `"all"`.'),
)
HISTORY_FIELDS: tuple[Field, ...] = (
    Field("path", "a path", _text, "", "The folder that holds the migrations."),
    Field("tool", "a string that is not empty", _text, "",
          'The migration tool, as `miglint tools` names it; `"custom"` for a runner of your own.'),
    Field("dialect", "a string that is not empty", _text, "",
          'The database, such as `"postgres"`, `"mysql"` or `"sqlite"`.'),
    Field("tool_version", "a string that is not empty", _text, "",
          'The version of the tool, such as `"7.4.0"`, where the project does not say.'),
    Field("transaction", in_words(_MODES), _transaction, "",
          "How the migrations are wrapped in transactions, whatever the tool says."),
    Field("up", "a string that is not empty", _text, '"*.sql"',
          'With `tool = "custom"`: the glob of the scripts, `"*.up.sql"` or `"**/up.sql"`.'),
    Field("down", "a string that is not empty", _text, "",
          "The glob of the down scripts; its `*` match the same text as those of `up`."),
    Field("order", in_words(ORDERS), _order, '"number"',
          "Whether scripts run in the order of the numbers in their names, or of the names as text."),
    Field("dialect_suffix", "a string that is not empty", _text, "",
          'What marks files for this database, such as `".postgres"`; those of others are left out.'),
    Field("sizes", "a path", _text, "",
          "The file of how large the tables of its database are, in place of the one for all."),
)
# fmt: on


def override(settings: Settings, **given: object) -> Settings:
    """Put values from the command line, spelled as in TOML, in place of the file's; None leaves one as it is.

    A wrong value is a `UsageError` that names the option.
    """
    try:
        values = read_table({key: value for key, value in given.items() if value is not None}, FIELDS)
    except WrongValue as wrong:
        option = str(wrong.path[0]).replace("_", "-")
        raise UsageError(f"--{option}: {wrong.message}", wrong.hint) from None
    return settings._replace(**values, from_command_line=settings.from_command_line | values.keys())
