"""What can be set, what each key takes, and how its value is read: once, into typed values."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from miglint.config.sql_words import is_setting, kinds_like, misspelt_setting
from miglint.errors import UsageError, did_you_mean
from miglint.model import KINDS, Name, Severity, TransactionMode

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

    None or "": find out. `up`, `down`, `order` and `dialect_suffix` are the layout of a runner of the
    project's own.
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


class Settings(NamedTuple):
    """All settings; `FIELDS` says what each of the first ones means.

    `paths`, `baseline` and `rules` are relative to the working directory, globs to `root`. `file` is the
    file, "" without one; `root` is its folder; `names_baseline` and
    `names_version`: `baseline` and `postgres_version` are said in it, no defaults.
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
    required_settings: tuple[str, ...] = ("statement_timeout",)
    forbidden_statements: tuple[str, ...] = ()
    file: str = ""
    root: str = "."
    names_baseline: bool = False
    names_version: bool = False
    from_command_line: frozenset[str] = frozenset()


# --- reading values ----------------------------------------------------------------------------------


class WrongValue(Exception):
    """A value is not what its key takes; `path` leads from the outermost key to the wrong part.

    It never leaves this package: `ConfigError` and `UsageError` say where the value came from.
    """

    def __init__(self, message: str = "", hint: str = "", path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the path, without the numbers that count tables."""
        return tuple(part for part in self.path if isinstance(part, str))


def _if(accepts: Callable[[Any], bool]) -> Callable[[object], object]:
    def read(value: object) -> object:
        if not accepts(value):
            raise WrongValue
        return value

    return read


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        raise WrongValue(hint=f'write ["{value}"]')
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
        raise WrongValue
    return tuple(value)


def _some_texts(value: object) -> tuple[str, ...]:
    texts = _texts(value)
    if not texts:
        raise WrongValue("names nothing", "leave it out for the default")
    return texts


def _words(choices: Iterable[str]) -> str:
    *first, last = (f'"{choice}"' for choice in choices)
    return f"{', '.join(first)} or {last}"


def _one_of(*choices: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            near = did_you_mean(value, choices) if isinstance(value, str) else ""
            raise WrongValue(f"expected {_words(choices)}, found {_found(value)}", near)
        return value

    return read


_SEVERITIES = ("error", "warning", "note")
_MODES = tuple(mode.value for mode in TransactionMode)


def _severity(value: object) -> Severity:
    return Severity[_one_of(*_SEVERITIES)(value).upper()]


def _severities(value: object) -> tuple[RuleSeverity, ...]:
    if not isinstance(value, Mapping):
        raise WrongValue
    words = read_table(value, tuple(Field(rule, "", _one_of(*_SEVERITIES, "off"), "", "") for rule in value))
    return tuple(
        RuleSeverity(rule, None if word == "off" else _severity(word)) for rule, word in words.items()
    )


_PART = r'("(?:[^"]|"")+"|[^".]+)'
_TABLE_NAME = rf"(?:{_PART}\.)?{_PART}"


def _tables(value: object) -> tuple[Name, ...]:
    names = []
    for text in _texts(value):
        match = re.fullmatch(_TABLE_NAME, text)
        if match is None:
            raise WrongValue(hint=f"{text!r} is not the name of a table")
        schema, table = (part and part.strip('"').replace('""', '"') for part in match.groups())
        names.append(Name(schema or "public", table))
    return tuple(names)


def _kinds(value: object) -> tuple[str, ...]:
    """Read kinds of statements, in the words of SQL."""
    kinds = tuple(" ".join(text.lower().split()) for text in _texts(value))
    for kind in kinds:
        if kind not in KINDS:
            raise WrongValue(f"no kind of statement is called {kind!r}", kinds_like(kind))
    return kinds


def _server_settings(value: object) -> tuple[str, ...]:
    """Read names of settings of the server, to which case makes no difference."""
    names = tuple(text.lower() for text in _texts(value))
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
    return TransactionMode(_one_of(*_MODES)(value))


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
    return (value,) if isinstance(value, str) and value else _texts(value)


def _found(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)[:60]


# --- the keys ----------------------------------------------------------------------------------------


class Field(NamedTuple):
    """A key of the configuration: what it takes, its default in TOML ("" for none), what it does."""

    key: str
    type: str
    read: Callable[[object], object]
    default: str
    sentence: str


_flag = _if(lambda value: isinstance(value, bool))
_text = _if(lambda value: isinstance(value, str) and value != "")
_seconds = _if(lambda value: type(value) in (int, float) and value > 0)
_postgres_version = _if(lambda value: type(value) is int and value in POSTGRES_VERSIONS)
_lock_timeout = _one_of("once", "each", "off")
_down = _one_of("auto", "required", "off")
_order = _one_of(*ORDERS)

_LIST = "a list of strings"
_TABLES = "a list of table names"
_BOOL = "true or false"
_VERSION = f"a whole number from {POSTGRES_VERSIONS[0]} to {POSTGRES_VERSIONS[-1]}"

# fmt: off
FIELDS: tuple[Field, ...] = (
    Field("select", _LIST, _some_texts, '["safety"]',
          'The rules to run: rules, categories, `"safety"` (all but matters of taste) or `"all"`.'),
    Field("ignore", _LIST, _texts, "[]",
          "Rules and categories not to run; a rule that `select` names runs even if its category is listed."),
    Field("severity", f"a table from rules to {_words((*_SEVERITIES, 'off'))}", _severities, "{}",
          "Severities that replace those of rules or categories; a rule takes precedence over its category."),
    Field("fail_on", _words(_SEVERITIES), _severity, '"warning"',
          "The lowest severity that makes the exit code 1."),
    Field("postgres_version", _VERSION, _postgres_version, "14",
          "The major version of the oldest server; without it, that of the image in the nearest compose "
          "file or CI pipeline, or of `supabase/config.toml`, else the oldest that is still supported."),
    Field("time_zone", "a string that is not empty", _time_zone, "",
          'The `TimeZone` of the sessions that migrate, such as `"UTC"`; without it, unknown.'),
    Field("paths", _LIST, _some_texts, '["."]',
          "The folders and files to check when the command line names none."),
    Field("exclude", _LIST, _texts, "[]",
          "Globs of files and folders to leave out; one without a slash matches at any depth."),
    Field("require_reason", _BOOL, _flag, "false",
          "Whether a comment that hides findings must give a reason."),
    Field("lock_timeout", _words(("once", "each", "off")), _lock_timeout, '"once"',
          "How often a missing `lock_timeout` is reported: once, for each statement, or not at all."),
    Field("runner_sets_lock_timeout", _BOOL, _flag, "false",
          "Whether `lock_timeout` is set outside the migrations: by the role, the connection or the runner."),
    Field("hot_tables", _TABLES, _tables, "[]",
          "Tables under constant load, as `table` or `schema.table`, spelled as the server stores the name."),
    Field("small_tables", _TABLES, _tables, "[]",
          "Tables so small that scanning or rewriting them takes no time."),
    Field("down", _words(("auto", "required", "off")), _down, '"auto"',
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
    Field("code_paths", _LIST, _texts, "[]",
          "Folders, files and globs of code in which git looks for what migrations drop or rename."),
    Field("required_settings", _LIST, _server_settings, '["statement_timeout"]',
          "What `missing-setting` asks each migration to set before it locks a table in use."),
    Field("forbidden_statements", "a list of kinds of statements", _kinds, "[]",
          'What `forbidden-statement` reports: commands and actions, as in `["revoke", "drop column"]`.'),
)
OVERRIDE_FIELDS: tuple[Field, ...] = (
    Field("paths", _LIST, _texts, "", "Globs of the migrations that the table is for."),
    Field("transaction", _words(_MODES), _transaction, "",
          "How these migrations are wrapped in transactions, whatever their tool says."),
    Field("ignore", _LIST, _texts, "[]",
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
    Field("transaction", _words(_MODES), _transaction, "",
          "How the migrations are wrapped in transactions, whatever the tool says."),
    Field("up", "a string that is not empty", _text, '"*.sql"',
          'With `tool = "custom"`: the glob of the scripts, `"*.up.sql"` or `"**/up.sql"`.'),
    Field("down", "a string that is not empty", _text, "",
          "The glob of the down scripts; its `*` match the same text as those of `up`."),
    Field("order", _words(ORDERS), _order, '"number"',
          "Whether scripts run in the order of the numbers in their names, or of the names as text."),
    Field("dialect_suffix", "a string that is not empty", _text, "",
          'What marks files for this database, such as `".postgres"`; those of others are left out.'),
)
# fmt: on


def read_table(table: Mapping[str, object], fields: Iterable[Field]) -> dict[str, Any]:
    """Give the typed values of a table; raises `WrongValue`."""
    known = {field.key: field for field in fields}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise WrongValue("unknown key", did_you_mean(key, tuple(known)), (key,))
        try:
            values[key] = known[key].read(value)
        except WrongValue as wrong:
            message = wrong.message or f"expected {known[key].type}, found {_found(value)}"
            raise WrongValue(message, wrong.hint, (key, *wrong.path)) from None
    return values


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
