"""Other frameworks' ops under `check_op`: a table of ops for each, a command, and what was found (FINDINGS.md).

`python -m tests.wild FRAMEWORK` runs the table of that framework, which has to be installed; names of ops after it pick
some, `--examples` says how many inputs are drawn for each.
"""
