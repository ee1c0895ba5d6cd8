"""The audit log over HTTP."""

import sqlalchemy as sa

from tests.web.cast import Stage
from tocsin.store import tables


def test_who_did_what_is_read_in_pages_newest_first(stage: Stage) -> None:
    stage.ask("admin", "POST", "/v1/incidents", {"system": "loans", "title": "Wrong"})
    first = stage.ask("admin", "GET", "/v1/audit?limit=2").json()["acts"]
    assert first[0]["actor"] == "admin"
    rest = stage.ask("admin", "GET", f"/v1/audit?before={first[-1]['seq']}").json()["acts"]
    assert [act["seq"] for act in first + rest] == list(range(len(first + rest), 0, -1))


def test_an_altered_row_is_found(stage: Stage) -> None:
    assert stage.ask("admin", "GET", "/v1/audit/verify").json()["whole"] is True
    with stage.site.database.unit("intruder", stage.watch()) as unit:
        unit.conn.execute(
            sa.update(tables.audit).where(tables.audit.c.seq == 1).values(actor="nobody")
        )
    found = stage.ask("admin", "GET", "/v1/audit/verify").json()
    assert found["whole"] is False
    assert "audit row 1: edited" in found["problems"][0]
