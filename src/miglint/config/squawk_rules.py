"""The names of squawk's rules, and the rules here that report the same, for those who ask by these names."""

_ANSWERS = """\
require-concurrent-index-creation: blocking-index-build
require-concurrent-index-deletion: blocking-index-drop
constraint-missing-not-valid: check-scan foreign-key-scan validate-in-same-transaction
adding-field-with-default: volatile-default-rewrite stored-generated-column-rewrite
adding-foreign-key-constraint: foreign-key-scan foreign-key-locks-parent
changing-column-type: type-change-rewrite constraint-recheck retyped-column
adding-not-nullable-field: not-null-scan not-null-without-backfill
adding-serial-primary-key-field: primary-key-build serial-column-rewrite nullable-key-index-scan
renaming-column: renamed-column
renaming-table: renamed-table
disallowed-unique-constraint: unique-constraint-build
ban-drop-database: dropped-database
prefer-bigint-over-int: integer-primary-key integer-column
prefer-bigint-over-smallint: integer-primary-key integer-column
prefer-identity: serial-column
prefer-repack: blocking-table-rebuild
prefer-robust-stmts: partial-failure-not-rerunnable unguarded-statement
prefer-text-field: length-limited-column
prefer-timestamp-tz: timestamp-without-time-zone
ban-char-field: blank-padded-column
ban-drop-column: dropped-column
ban-drop-table: dropped-table
ban-drop-not-null: dropped-guarantee
transaction-nesting: nested-transaction
adding-required-field: required-column
ban-concurrent-index-creation-in-transaction: concurrently-in-transaction
unused-ignore: unused-suppression
ban-create-domain-with-constraint: constrained-domain constrained-domain-column-rewrite
ban-alter-domain-with-add-constraint: domain-constraint-scan
ban-truncate-cascade: truncated-table
ban-uncommitted-transaction: unclosed-transaction
require-enum-value-ordering: unordered-enum-value
identifier-too-long: overlong-name
require-concurrent-partition-detach: blocking-partition-detach
require-concurrent-reindex: blocking-reindex
require-lock-timeout: missing-lock-timeout
require-statement-timeout: missing-setting
ban-duplicate-column-assignments: certain-failure
ban-drop-view: dropped-object
ban-drop-function: dropped-object
ban-drop-type: dropped-guarantee drop-cascade
ban-drop-schema: dropped-table drop-cascade
ban-drop-sequence: dropped-object
ban-drop-domain: dropped-guarantee drop-cascade
ban-drop-constraint: dropped-guarantee dropped-unique
ban-drop-generated-expression: dropped-guarantee
renaming-object: renamed-object renamed-table
ban-set-schema: renamed-table renamed-object
ban-alter-identity: dropped-guarantee forbidden-statement
ban-drop-extension: dropped-guarantee
ban-drop-default: dropped-guarantee required-column
syntax-error: unparsed-statement
require-table-schema: table-without-schema
require-timeout-settings: missing-lock-timeout missing-setting
ban-alter-generated-expression: stored-generated-column-rewrite forbidden-statement
ban-drop-index: blocking-index-drop forbidden-statement
ban-set-default: forbidden-statement
ban-drop-trigger: trigger-locks-table forbidden-statement
ban-disable-trigger: disabled-trigger forbidden-statement
ban-replica-identity: forbidden-statement
ban-drop-policy: forbidden-statement
ban-revoke: forbidden-statement
ban-replace-view-function: forbidden-statement certain-failure
ban-alter-policy-condition: forbidden-statement
ban-alter-policy-roles: forbidden-statement
ban-create-policy: forbidden-statement
ban-alter-function-options: forbidden-statement
ban-alter-view-options: forbidden-statement
ban-alter-role-options: forbidden-statement
ban-alter-database-options: forbidden-statement
ban-alter-row-level-security: lifted-row-security forbidden-statement
ban-new-write-restriction: new-restriction newly-required-column
ban-add-enum-value: forbidden-statement
ban-add-composite-attribute: forbidden-statement
ban-add-column: forbidden-statement
ban-detach-inheritance: forbidden-statement
ban-alter-sequence-values: forbidden-statement
ban-alter-system-options: forbidden-statement command-in-transaction
ban-alter-extension: forbidden-statement
"""


def answers_to(name: str) -> tuple[str, ...]:
    """Give the rules here that answer a rule of squawk, () for another name."""
    answers = dict(line.split(": ") for line in _ANSWERS.splitlines())
    return tuple(answers.get(name, "").split())


def squawk_hint(name: str) -> str:
    """Say which rules here answer a rule of squawk, "" for another name."""
    *others, last = answers_to(name) or ("",)
    named = f"{', '.join(others)} and {last}" if others else last
    return f"{name} is a rule of squawk; here it is {named}" if last else ""
