"""Project lints: what imports and types cannot show.  One rule per file, one shared parse.

Run with `python -m lints`.  A line is excused by `# lint: <code> <reason>` at its end.
"""
