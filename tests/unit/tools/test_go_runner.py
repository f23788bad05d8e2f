"""How a runner in Go wraps the files that it embeds, where it shows that."""

import pytest
from migration_project import Write, modes, only_history

from miglint.model.migration import TransactionMode

EMBED = "package store\n\n//go:embed migration\nvar files embed.FS\n\n"
ALL_IN_ONE = """func (s *Store) migrate(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	for _, path := range paths {
		if _, err := tx.Exec(text(files.ReadFile(path))); err != nil {
			return err
		}
	}
	return tx.Commit()
}
"""
EACH = """func migrate(db *sql.DB) error {
	for _, path := range paths {
		tx, err := db.Begin()
		if _, err := tx.Exec(text(files.ReadFile(path))); err != nil {
			return err
		}
		tx.Commit()
	}
	return nil
}
"""
EACH_IN_A_FUNCTION = """func migrate(ctx context.Context, conn *pgx.Conn) error {
	for _, entry := range entries {
		text, err := fs.ReadFile(files, entry.Name())
		err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, string(text))
			return err
		})
	}
	return nil
}
"""
LATEST = "func latest(db *sql.DB) error {\n\ttx, err := db.Begin()\n\ttx.Exec(all)\n\treturn tx.Commit()\n}\n"
NONE = """func migrate(db *sql.DB) {
	for _, path := range paths {
		db.Exec(text(files.ReadFile(path)))
	}
}
"""
ROWS = """func copyNames(db *sql.DB) error {
	tx, err := db.Begin()
	for rows.Next() {
		tx.Exec(update)
	}
	return tx.Commit()
}
"""
PER_RUN, PER_MIGRATION, SCRIPT = (
    TransactionMode.PER_RUN,
    TransactionMode.PER_MIGRATION,
    TransactionMode.SCRIPT,
)


@pytest.mark.parametrize(
    ("code", "mode"),
    [
        (EMBED + ALL_IN_ONE, PER_RUN),
        (EMBED + ALL_IN_ONE + LATEST, PER_RUN),
        (EMBED + EACH, PER_MIGRATION),
        (EMBED + EACH_IN_A_FUNCTION, PER_MIGRATION),
        (EMBED, SCRIPT),
        (EMBED + NONE, SCRIPT),
        (EMBED + NONE + ROWS, SCRIPT),
        (EMBED + LATEST, SCRIPT),
        (EMBED + ALL_IN_ONE + EACH, SCRIPT),
        ("package store\n" + ALL_IN_ONE, SCRIPT),
    ],
)
@pytest.mark.parametrize("folder", ["store/migration/1.2", "store/migration"])
def test_the_loop_over_files_says_it(write: Write, code: str, mode: TransactionMode, folder: str) -> None:
    write(
        {
            "store/migrator.go": code,
            f"{folder}/01_parts.sql": "CREATE TABLE parts (id int);",
            f"{folder.replace('1.2', '1.3')}/02_parts.sql": "ALTER TABLE parts ADD COLUMN a int;",
        }
    )
    history = only_history()
    assert modes(history) == [mode, mode]
    up = history.migrations[0].up
    assert up is not None
    assert ("store/migrator.go embeds the files" in up.mode_reason) is (mode is not SCRIPT)


def test_what_cannot_run_in_a_transaction_says_that_there_is_none(write: Write) -> None:
    write(
        {
            "store/migrator.go": EMBED + EACH,
            "store/migration/1_parts.sql": "CREATE TABLE parts (id int); -- CONCURRENTLY",
            "store/migration/2_parts.sql": "CREATE INDEX CONCURRENTLY i ON parts (id);",
        }
    )
    assert modes(only_history()) == [SCRIPT, SCRIPT]
