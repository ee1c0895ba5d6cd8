"""On-call: who is told, when, and what happens if nobody answers.

In:  a policy snapshot, what has happened so far, `now`.   Out: the pages that are due.
"""
