from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.store.examples import NOW, SPEC, SYSTEM
from tests.web.cast import Stage
from tocsin.base.spans import Span
from tocsin.ingest.kpi import Kpi, KpiKind
from tocsin.store import kpis, systems
from tocsin.web.kpis import ROWS_MAX

CTR = Kpi(name="ctr", kind=KpiKind.RATE)


@pytest.fixture
def clicks(stage: Stage) -> Stage:
    """Yield a server whose system declares a KPI."""
    with stage.site.database.unit("test", NOW) as unit:
        systems.save(unit, replace(SYSTEM, kpis=(CTR,)), SPEC, [], 0, "0" * 64)
    return stage


def piece(**changes: object) -> dict[str, object]:
    return {"kpi": "ctr", "at": NOW.isoformat(), "value": 3, "n": 10} | changes


def post(stage: Stage, rows: Any, who: str = "service") -> httpx.Response:
    return stage.ask(who, "POST", "/v1/kpis?system=loans", rows)


def test_pieces_are_kept_once(clicks: Stage) -> None:
    rows = [piece(), piece(source="app"), piece(at=(NOW - timedelta(days=3)).isoformat())]
    first, second = post(clicks, rows).json(), post(clicks, rows).json()
    assert (first["accepted"], first["duplicates"]) == (3, 0)
    assert (second["accepted"], second["duplicates"]) == (0, 3)
    with clicks.site.database.reading() as conn:
        span = Span(NOW - timedelta(days=9), NOW + timedelta(days=1))
        assert len(kpis.between(conn, "loans", "ctr", span)) == 3


def test_a_wrong_piece_is_told_and_the_others_are_kept(clicks: Stage) -> None:
    answer = post(clicks, [piece(value=11), piece()])
    assert answer.status_code == 200
    told = answer.json()
    assert (told["accepted"], told["rejected_total"]) == (1, 1)
    assert told["rejected"][0]["field"] == "value"


def test_a_body_without_a_good_piece_is_refused(clicks: Stage) -> None:
    answer = post(clicks, [piece(kpi="cvr")])
    assert answer.status_code == 422
    assert "no KPI is called 'cvr'" in answer.json()["error"]["what"]


def test_a_body_may_not_be_endless(clicks: Stage) -> None:
    body = b"[" + b",".join([b"{}"] * (ROWS_MAX + 1)) + b"]"
    answer = clicks.client.post(
        "/v1/kpis?system=loans",
        content=body,
        headers={
            "Authorization": f"Bearer {clicks.tokens['service']}",
            "Content-Type": "application/json",
        },
    )
    assert answer.status_code in {400, 422}
    assert "at a time" in answer.text


@pytest.mark.parametrize(("who", "status"), [("reader", 403), ("responder", 403), ("service", 200)])
def test_the_scope_is_that_of_predictions(clicks: Stage, who: str, status: int) -> None:
    assert post(clicks, [piece()], who).status_code == status


def test_an_unknown_system_is_not_found(clicks: Stage) -> None:
    assert clicks.ask("service", "POST", "/v1/kpis?system=x", [piece()]).status_code == 404
