"""Store: records in SQLite or PostgreSQL; tables, the one commit, and each room's queries."""
