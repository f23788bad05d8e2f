"""The names of primary keys, which Liquibase looks up in the database where a change does not say them."""

from miglint.text.tree import Node
from miglint.tools.liquibase.changesets import is_for_postgres
from miglint.tools.liquibase.columns import Constraints

_Table = tuple[str, str]


class PrimaryKeys:
    """The primary keys that changes have named so far, by the schema and the name of their table."""

    def __init__(self) -> None:
        self._names: dict[_Table, str] = {}

    def named(self, changeset: Node) -> Node:
        """Put the name of its key into each `dropPrimaryKey` without one; learn from the other changes."""
        if not is_for_postgres(changeset.get("dbms")):
            return changeset
        return changeset._replace(children=[self._followed(change) for change in changeset.children])

    def _followed(self, change: Node) -> Node:
        table = (change.get("schemaName"), change.get("tableName"))
        if change.name == "dropPrimaryKey":
            name = self._names.pop(table, "")
            if name and not change.get("constraintName"):
                return change._replace(attributes={**change.attributes, "constraintName": name})
        elif change.name == "addPrimaryKey":
            self._learn(table, change.get("constraintName"))
        elif change.name == "createTable":
            of_columns = (Constraints.of(column).attributes for column in change.all("column"))
            self._learn(table, next(filter(None, (each.get("primaryKeyName") for each in of_columns)), ""))
        elif change.name == "renameTable":
            old, new = ((table[0], change.get(key)) for key in ("oldTableName", "newTableName"))
            # What Liquibase names itself keeps the table's old name as well.
            self._names[new] = self._names.pop(old, "") or f"{old[1]}_pkey"
        return change

    def _learn(self, table: _Table, name: str) -> None:
        self._names.pop(table, None)
        if name:
            self._names[table] = name
