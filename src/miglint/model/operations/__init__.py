"""One change in a statement: `ALTER TABLE` with three actions is one statement and three operations.

Names are resolved and folded; expressions are text plus facts; every operation carries its own span.
A kind or a field is here because a rule, the replay or the effects need it.
"""
