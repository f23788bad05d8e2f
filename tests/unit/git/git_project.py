"""Real repositories for tests."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(*arguments: str, ok: bool = True) -> str:
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments], capture_output=True, check=False
    )
    assert not ok or done.returncode == 0, done.stderr.decode()
    return os.fsdecode(done.stdout).strip()


def write(path: str, text: str | bytes) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(text.encode() if isinstance(text, str) else text)


def commit(files: Mapping[str, str | bytes] | None = None) -> str:
    for path, text in (files or {}).items():
        write(path, text)
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", "change")
    return git("rev-parse", "HEAD")


def sql(number: int) -> str:
    return f"CREATE TABLE table_{number} (id bigint PRIMARY KEY, name text);\n"
