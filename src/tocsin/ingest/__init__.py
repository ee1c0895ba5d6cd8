"""Ingest: what a system, prediction, outcome or change is, and how foreign bytes become one.

In:  bytes in JSON, NDJSON, Arrow IPC or Parquet.   Out: Arrow tables in the lake's schema, plus a
reason for every row that was refused.  Nothing here reads a clock, a file or a database.
"""
