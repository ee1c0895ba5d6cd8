from tocsin.store import tables

ROOMS = {
    "base",
    "ingest",
    "profile",
    "detect",
    "alert",
    "oncall",
    "incident",
    "contain",
    "diagnose",
    "learn",
}


def test_every_table_says_which_room_it_belongs_to() -> None:
    owners = {str(table.comment).partition(":")[0] for table in tables.metadata.tables.values()}
    assert owners == ROOMS
