"""Speed of `miglint tools` and `miglint check` on a generated monorepo: `python benchmarks/monorepo.py`.

The monorepo has packages in TypeScript, Go, Python, Rust and Java with deep source trees, migrations of
several tools, and as ballast what no search should enter: ignored `generated/` folders, caches, and
`node_modules`. Whole processes, each started cold; the least of several runs, for machines are noisy.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

# Folders below a package, as deep as such trees are; files per folder and what they are called.
SHAPES = {
    "ts": ("src/features/{}/components/{}", "src/lib/{}", "src/app/(site)/{}/page"),
    "go": ("internal/{}/{}", "pkg/{}", "cmd/{}"),
    "py": ("src/{}/{}/services", "src/{}/api", "tests/unit/{}"),
    "rs": ("crates/{}/src/{}", "src/{}"),
    "java": ("src/main/java/com/example/{}/{}", "src/test/java/com/example/{}"),
}
FILES_PER_FOLDER = 8
ROOT_IGNORED = """\
# dependencies
node_modules/
.pnp.*
# output
/out/
dist
*.log
*.tsbuildinfo
[Bb]in/
[Oo]bj/
**/generated/
!docs/generated/
/packages/*/.turbo
.cache
.env*
!.env.example
"""
PACKAGE_IGNORED = """\
/coverage
/snapshots/
tmp-*
*.local
npm-debug.log*
"""
CREATE = "CREATE TABLE accounts (id bigint PRIMARY KEY, email text NOT NULL);\n"
ADD = "ALTER TABLE accounts ADD COLUMN status text;\n"
PACKAGES_WITH_MIGRATIONS = 12


def source_files(package: int) -> Iterator[str]:
    """Give the paths of the source files of one package, without end."""
    ending, shapes = list(SHAPES.items())[package % len(SHAPES)]
    folder = 0
    while True:
        outer, inner = f"area{folder // 6}", f"part{folder % 6}"
        path = shapes[folder % len(shapes)].format(outer, inner)
        folder += 1
        for number in range(FILES_PER_FOLDER):
            yield f"{path}/module_{folder}_{number}.{ending}"


def migrations(package: int) -> dict[str, str]:
    """Give the migrations of one package: the tools take turns."""
    kinds = (
        {
            "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n}\n',
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            "prisma/migrations/20240101000000_init/migration.sql": CREATE,
            "prisma/migrations/20240201000000_status/migration.sql": ADD,
        },
        {
            "db/migrations/000001_init.up.sql": CREATE,
            "db/migrations/000001_init.down.sql": "DROP TABLE accounts;\n",
            "db/migrations/000002_status.up.sql": ADD,
            "db/migrations/000002_status.down.sql": "ALTER TABLE accounts DROP COLUMN status;\n",
        },
        {
            "diesel.toml": "",
            "migrations/2024-01-01-000000_init/up.sql": CREATE,
            "migrations/2024-01-01-000000_init/down.sql": "DROP TABLE accounts;\n",
            "migrations/2024-02-01-000000_status/up.sql": ADD,
            "migrations/2024-02-01-000000_status/down.sql": "ALTER TABLE accounts DROP COLUMN status;\n",
        },
        {"sql/migrations/001_init.sql": CREATE, "sql/migrations/002_status.sql": ADD},
    )
    return kinds[package % len(kinds)]


def write(path: Path, text: str = "") -> None:
    """Write one file and the folders above it."""
    try:
        path.write_text(text)
    except FileNotFoundError:
        path.parent.mkdir(parents=True)
        path.write_text(text)


def generate(root: Path, files: int, ballast: int, packages: int) -> None:
    """Write `files` files of the project and `ballast` files in folders that are not to be walked."""
    write(root / ".git/HEAD", "ref: refs/heads/main\n")
    write(root / ".git/info/exclude", "# local\n/scratch/\n")
    write(root / ".gitignore", ROOT_IGNORED)
    write(root / "package.json", "{}")
    written = 2
    for package in range(packages):
        home = root / "packages" / f"package{package}"
        own = {".gitignore": PACKAGE_IGNORED, "package.json": "{}", "README.md": ""}
        if package % (packages // PACKAGES_WITH_MIGRATIONS or 1) == 0:
            own |= migrations(package)
        for path, text in own.items():
            write(home / path, text)
        written += len(own)
        until = 2 + (files - 2) * (package + 1) // packages
        for _, path in zip(range(until - written), source_files(package), strict=False):
            write(home / path)
        written = max(written, until)
        for path in ballast_of_package(ballast // packages):
            write(home / path, CREATE if path.endswith(".sql") else "")


def ballast_of_package(count: int) -> Iterator[str]:
    """Give paths of files that other programs wrote: two thirds of them dependencies."""
    for number in range(count):
        if number % 6 < 4:
            yield f"node_modules/dependency{number // 120}/lib/{number // 24 % 5}/file{number}.js"
        elif number % 6 == 4:
            yield f"generated/client{number // 600}/migrations/{number // 60}/{number}_model.sql"
        else:
            yield f".cache/{number // 120}/object{number}"


def seconds(command: list[str], root: Path, runs: int) -> float:
    """Run a command several times; give the least of its seconds on the wall."""
    least = float("inf")
    for _ in range(runs):
        started = time.perf_counter()
        process = subprocess.run(command, cwd=root, capture_output=True, check=False)
        least = min(least, time.perf_counter() - started)
        if process.returncode not in (0, 1):
            raise SystemExit(f"{command}: exit code {process.returncode}\n{process.stderr.decode()}")
    return least


def main() -> int:
    """Print the seconds that each command takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--files", type=int, default=50_000, help="files of the project (default: 50000)")
    parser.add_argument(
        "--ballast", type=int, default=100_000, help="files in folders not to be walked (default: 100000)"
    )
    parser.add_argument("--packages", type=int, default=120, help="packages (default: 120)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each command (default: 5)")
    parser.add_argument("--keep", type=Path, help="generate the monorepo here, or take what is here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root: Path = arguments.keep or Path(temporary) / "monorepo"
        if not root.exists():
            generate(root, arguments.files, arguments.ballast, arguments.packages)
        print(f"{arguments.files} files, {arguments.ballast} more in folders not to be walked")
        for command in (["--version"], ["tools", "."], ["check", "."]):
            took = seconds([sys.executable, "-m", "miglint", *command], root, arguments.runs)
            print(f"{'miglint ' + ' '.join(command):<18} {took:6.3f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
