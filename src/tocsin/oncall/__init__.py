"""On-call: who is told, when, and what happens if nobody answers; a pure function of records and now.

In:  a policy snapshot, what has happened so far, `now`.   Out: the pages that are due.
"""
