"""A project that is after the machine: nothing outside it is read, listed, run or shown."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig

import pytest

SECRET = "token = s3cr3t"
TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, status text);\n"
EVIL = "print('imported')\n"

# Opening and listing files, starting programs, sockets: https://docs.python.org/3/library/audit_events.html
TRACER = """
import os, runpy, sys
out = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
files, others = ("open", "os.listdir", "os.scandir"), ("socket.", "subprocess.", "os.exec", "os.posix_spawn")
def note(event, arguments):
    if event in files or event.startswith(others):
        # A file that is open already has a number.
        what = "." if isinstance(arguments[0], int) else os.fsdecode(arguments[0] or ".")
        os.write(out, os.fsencode(event + "\\0" + os.path.abspath(what) + "\\n"))
sys.addaudithook(note)
sys.argv[0] = "miglint"
sys.path.pop(0)
from miglint.cli import run
run()
"""
PATHS = ("link/secret.txt", "../.git/config", "../.env", "../key.pem", "../../outside/secret.txt", "good.sql")
MODULES = ("evil", "tomli", "yaml", "json", "sitecustomize", "miglint_rules")
PLAN = "%project=a\n\n../../../outside/secret 2024-01-01T00:00:00Z A <a@b.c> # x\n"


def changeset(number, change):
    return f'<changeSet id="{number}" author="a">{change}</changeSet>'


FILES = {
    "repository/.git/config": SECRET,
    "repository/.env": SECRET,
    "repository/key.pem": SECRET,
    "repository/db/changelog.xml": "<databaseChangeLog>"
    + "".join(
        changeset(number, f'<sqlFile path="{path}"/>')
        for number, path in enumerate(PATHS)
    )
    + '<include file="../../outside/changelog.xml"/><property file="../.git/config"/></databaseChangeLog>',
    "repository/db/good.sql": TABLE,
    "repository/prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n}\n',
    "repository/prisma/migrations/20240101000000_a/migration.sql": TABLE,
    "repository/package.json": json.dumps({"prisma": {"schema": "../outside/schema.prisma"}}),
    "repository/flyway/V1__a.sql": TABLE,
    "repository/flyway/V2__b.sql": "\\i /etc/passwd\nDROP TABLE orders;\n",
    "repository/flyway.toml": '[flyway]\nlocations = ["filesystem:../outside", "filesystem:flyway"]\n',
    "repository/sqitch/sqitch.plan": PLAN,
    "repository/sqitch/deploy/a.sql": TABLE,
    "repository/plain/migrations/1_a.sql": TABLE,
    "repository/evil.dist-info/entry_points.txt": "[miglint.rules]\nx = evil\n[miglint.tools]\ny = evil\n",
    **{f"repository/{name}.py": EVIL for name in MODULES},
    "outside/secret.txt": SECRET,
    "outside/secret.sql": f"SELECT '{SECRET}';\n",
    "outside/changelog.xml": f"<databaseChangeLog>{changeset(1, f'<sql>{SECRET}</sql>')}</databaseChangeLog>",
    "outside/schema.prisma": SECRET,
    "outside/V9__secret.sql": f"SELECT '{SECRET}';\n",
    "outside/miglint.toml": f'{SECRET.replace("s3cr3t", "1")}\n',
}  # fmt: skip
LINKS = {
    "repository/db/link": "../../outside",
    "repository/plain/migrations/2_b": "../../../outside",
    "repository/plain/migrations/3_c.sql": "../../../outside/secret.sql",
    "repository/flyway/more": "../../outside",
}


@pytest.fixture
def hostile(write):
    folder = write(FILES)
    for name, target in LINKS.items():
        os.symlink(target, folder / name)
    return folder / "repository"


def traced(words, cwd, trace, stdin=b""):
    """Run miglint under a tracer; give its output, and what it did as (event, path)."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path[1:]), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", TRACER, trace, *words],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env=environment,
        timeout=120,
        check=False,
    )
    events = [line.split("\0") for line in trace.read_text("utf-8", "surrogateescape").splitlines()]
    return done.returncode, (done.stdout + done.stderr).decode(), [(event, path) for event, path in events]


def strange(events, project):
    """Give what leads out of the project and is no file of Python's own, of its packages, or of miglint's."""
    own = {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, *filter(os.path.isabs, sys.path)}
    own |= {os.path.realpath(path) for path in own} | {"/dev", "/usr", "/etc/ld.so", "/proc/self"}
    inside = (os.path.realpath(project), str(project))
    return [
        (event, path)
        for event, path in events
        if event not in ("open", "os.listdir", "os.scandir")
        or not (os.path.realpath(path).startswith(inside) or path.startswith(tuple(own)))
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("check", "."),
        ("check", ".", "--output-format", "sarif"),
        ("check", "db", "--output-format", "json"),
        ("plan", "."),
        ("tools", "."),
        ("schema", "plain/migrations"),
        ("baseline", "."),
    ],
    ids=" ".join,
)
def test_nothing_outside_is_touched_and_nothing_secret_shown(hostile, tmp_path, words):
    code, printed, events = traced(words, hostile, tmp_path / "trace")

    assert code in (0, 1, 2), printed
    assert strange(events, hostile) == []
    assert "s3cr3t" not in printed
    assert "imported" not in printed


def test_git_alone_is_run_and_only_in_a_repository(hostile, tmp_path):
    (hostile / ".git" / "config").unlink()
    program = shutil.which("git")
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run([program, *words], cwd=hostile, check=True)
    _, printed, events = traced(("check", "."), hostile, tmp_path / "trace")

    assert set(strange(events, hostile)) == {("subprocess.Popen", program)}
    assert "s3cr3t" not in printed


def test_what_is_not_followed_is_listed(miglint, hostile):
    found = json.loads(miglint("check", ".", "--output-format", "json", cwd=hostile).out)["not_analysed"]

    gaps = {(gap["path"], gap["reason"]) for gap in found}
    link = "a link that leads out of the project: not followed"
    assert ("plain/migrations/3_c.sql", link) in gaps
    assert ("db/link/secret.txt", link) in gaps
    assert ("key.pem", "it holds no SQL: not read") in gaps
    assert ("db/changelog.xml", "../.env, which it runs, was not found") in gaps


def test_standard_input_has_no_neighbours_outside_the_working_directory(tmp_path):
    home = tmp_path / "home" / "work"
    home.mkdir(parents=True)
    (tmp_path / "home" / "1_a.sql").write_text(TABLE)

    code, printed, events = traced(("check", "-"), home, tmp_path / "trace", b"DROP TABLE orders;\n")

    assert code == 1, printed
    assert strange(events, home) == []


@pytest.mark.parametrize(
    "setting",
    [
        'baseline = "../outside/known.json"',
        'paths = ["../outside"]',
        '[[histories]]\npath = "../outside"\ntool = "flyway"',
        'baseline = "db/link/known.json"',
    ],
)
@pytest.mark.parametrize("command", ["check", "baseline", "plan"])
def test_the_projects_settings_stay_in_the_project(miglint, hostile, setting, command):
    (hostile / "miglint.toml").write_text(setting)

    outcome = miglint(command, cwd=hostile)

    assert outcome.code == 2
    assert outcome.err.rstrip().endswith("leads out of the project"), outcome.err
    assert not (hostile.parent / "outside" / "known.json").exists()


@pytest.mark.parametrize("name", ["miglint-baseline.json", "miglint.toml"])
def test_a_file_of_miglints_own_that_is_a_link_out_of_the_project_is_refused(miglint, hostile, name):
    os.symlink("../outside/miglint.toml", hostile / name)

    outcome = miglint("baseline", ".", cwd=hostile)

    assert (outcome.code, outcome.err) == (2, f"miglint: {name}: it leads out of the project\n")
    assert "token" in (hostile.parent / "outside" / "miglint.toml").read_text()


def test_what_the_user_names_is_read_wherever_it_is(miglint, write):
    folder = write({"elsewhere/1_a.sql": "DROP TABLE a;\n", "work/.git/HEAD": ""})
    os.symlink("../elsewhere", folder / "work" / "link")

    for named in ("link", "link/1_a.sql", "../elsewhere"):
        outcome = miglint("check", named, cwd=folder / "work")
        assert (outcome.code, "dropped-table" in outcome.out) == (1, True), (named, outcome)


def test_names_in_a_command_are_quoted_for_the_shell(miglint, write):
    write({"a.sql": 'DROP TABLE "x\'; rm -rf ~; echo $HOME`id`";\n'})

    outcome = miglint("check", "a.sql", "--output-format", "json")

    (finding,) = json.loads(outcome.out)["findings"]
    command = finding["help"].splitlines()[-1]
    shell = ["sh", "-c", f"set -- {command}; printf '%s\\n' \"$2\""]
    words = subprocess.run(shell, capture_output=True, text=True, check=True)
    assert words.stdout == '--table="x\'; rm -rf ~; echo $HOME`id`"\n'
