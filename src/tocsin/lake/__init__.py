"""Lake: predictions and outcomes at rest in Delta tables, appended by group commit.

In:  Arrow tables in the schemas of `ingest.rows`.   Out: the same rows, by what is new or by span,
id and slice.  What was acknowledged is on the disk; nothing here knows what the rows mean.
"""
