import errno
import gzip
import io
import json
import os
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.store.examples import DAY, NOW, SPEC, SYSTEM
from tests.web.cast import Stage
from tocsin.base.errors import BadInput
from tocsin.ingest.parse import ARROW_FILE, ARROW_STREAM, JSON, NDJSON, PARQUET
from tocsin.ingest.privacy import hashed
from tocsin.ingest.rows import Attribute
from tocsin.lake.committer import QueueFull, Receipt
from tocsin.store import changes, systems
from tocsin.web import ingest
from tocsin.web.urls import INGEST_BODY_BYTES


def row(**changes: object) -> dict[str, object]:
    return {
        "id": "p1",
        "at": NOW.isoformat(),
        "version": "7",
        "features": {"income": 3.5},
        "attributes": {"age": 31},
        "score": 0.6,
        "prediction": "approved",
    } | changes


def packed(kind: str, rows: list[dict[str, object]]) -> bytes:
    if kind == JSON:
        return json.dumps(rows).encode()
    if kind == NDJSON:
        return "\n".join(json.dumps(one) for one in rows).encode()
    table, sink = pa.Table.from_pylist(rows), io.BytesIO()
    if kind == PARQUET:
        pq.write_table(table, sink)
    else:
        opened = pa.ipc.new_stream if kind == ARROW_STREAM else pa.ipc.new_file
        with opened(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue()


def post(
    stage: Stage,
    body: bytes,
    kind: str = JSON,
    table: str = "predictions",
    system: str = "loans",
    *,
    encoding: str = "identity",
) -> httpx.Response:
    return stage.client.post(
        f"/v1/{table}",
        params={"system": system},
        content=body,
        headers={
            "Authorization": f"Bearer {stage.tokens['service']}",
            "Content-Type": kind,
            "Content-Encoding": encoding,
        },
    )


def stored(stage: Stage, table: Any = "predictions") -> list[dict[str, Any]]:
    return stage.site.lake.scan("loans", table).sort_by("id").to_pylist()


@pytest.mark.parametrize("kind", [JSON, NDJSON, ARROW_STREAM, ARROW_FILE, PARQUET])
def test_rows_in_every_format_are_stored_before_the_answer(stage: Stage, kind: str) -> None:
    answer = post(stage, packed(kind, [row(), row(id="p2")]), kind)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "accepted": 2,
        "duplicates": 0,
        "ignored_fields": [],
        "rejected": [],
        "rejected_total": 0,
        "error": None,
    }
    assert [one["f_income"] for one in stored(stage)] == [3.5, 3.5]
    assert stored(stage)[0]["s_age"] == "25–40"


def test_good_rows_stay_and_bad_ones_are_named(stage: Stage) -> None:
    late = (NOW + timedelta(minutes=6)).isoformat()
    rows = [row(), row(id="p2", score=2), row(id="p3", at=late), row(id="p4", colour="red")]
    answer = post(stage, packed(JSON, rows)).json()
    assert (answer["accepted"], answer["rejected_total"]) == (2, 2)
    assert answer["ignored_fields"] == ["colour"]
    first, second = answer["rejected"]
    assert (first["row"], first["id"], first["field"]) == (1, "p2", "score")
    assert second["reason"].startswith("clock skew")
    assert [one["id"] for one in stored(stage)] == ["p1", "p4"]


def test_a_body_without_one_good_row_is_refused_in_our_words(stage: Stage) -> None:
    answer = post(stage, packed(JSON, [row(score=2)]))
    assert answer.status_code == 422
    assert answer.json()["error"]["where"] == "row 0: score"
    assert stored(stage) == []


def test_a_retry_is_harmless_and_says_so(stage: Stage) -> None:
    body = packed(JSON, [row(), row(), row(id="p2")])
    assert post(stage, body).json()["duplicates"] == 1
    again = post(stage, body)
    assert again.status_code == 200
    assert (again.json()["accepted"], again.json()["duplicates"]) == (0, 3)
    assert len(stored(stage)) == 2


def test_reasons_are_capped_and_counted(stage: Stage) -> None:
    rows = [row(id=f"p{k}", score=9) for k in range(ingest.REASONS_MAX + 5)]
    answer = post(stage, packed(JSON, rows)).json()
    assert len(answer["rejected"]) == ingest.REASONS_MAX
    assert answer["rejected_total"] == ingest.REASONS_MAX + 5


def test_outcomes_are_stored(stage: Stage) -> None:
    body = packed(JSON, [{"id": "p1", "label": "approved"}, {"id": "p2"}])
    answer = post(stage, body, table="outcomes").json()
    assert (answer["accepted"], answer["rejected"][0]["reason"]) == (1, "label is missing")
    assert stored(stage, "outcomes")[0]["label"] == "approved"


def test_an_unknown_system_is_not_found(stage: Stage) -> None:
    answer = post(stage, packed(JSON, [row()]), system="lones")
    assert answer.status_code == 404
    assert "loans" in answer.json()["error"]["what"]


@pytest.mark.parametrize("kind", ["text/csv", "", "application/x-parquet"])
def test_an_unknown_format_is_refused_with_the_known_ones(stage: Stage, kind: str) -> None:
    answer = post(stage, b"id\n1", kind)
    assert answer.status_code == 415
    assert PARQUET in answer.json()["error"]["what"]


@pytest.mark.parametrize(("kind", "body"), [(JSON, b"{"), (PARQUET, b"PAR1PAR1"), (NDJSON, b"")])
def test_a_broken_body_is_refused_and_changes_nothing(stage: Stage, kind: str, body: bytes) -> None:
    answer = post(stage, body, kind)
    assert answer.status_code == 400
    assert answer.json()["error"]["do"]
    assert stored(stage) == []


def test_a_body_beyond_the_bound_is_refused_unread(stage: Stage) -> None:
    body = b" " * (INGEST_BODY_BYTES + 1)
    assert post(stage, body).status_code == 413


@pytest.mark.parametrize("kind", [NDJSON, ARROW_STREAM])
def test_a_compressed_body_is_taken_as_what_it_unpacks_to(stage: Stage, kind: str) -> None:
    body = packed(kind, [row(), row(id="p2")])
    zipped = post(stage, gzip.compress(body), kind, encoding="gzip")
    assert zipped.json()["accepted"] == 2, zipped.text
    squeezed = pa.compress(body, "zstd", asbytes=True)
    assert post(stage, squeezed, kind, encoding="ZSTD").json()["duplicates"] == 2
    assert stage.site.ingest_bytes.taken == 0


def test_what_a_compressed_body_may_become_is_bounded(stage: Stage) -> None:
    bomb = gzip.compress(bytes(INGEST_BODY_BYTES + 1), 1)
    answer = post(stage, bomb, encoding="gzip")
    assert answer.status_code == 413
    assert "unpacks to more than the 33554432 bytes" in answer.json()["error"]["what"]
    assert post(stage, b"{}", encoding="br").status_code == 415
    assert post(stage, b"{}", encoding="gzip").status_code == 400
    assert stage.site.ingest_bytes.taken == 0


def test_bodies_beyond_the_budget_are_told_to_come_back(stage: Stage) -> None:
    budget = stage.site.ingest_bytes
    body = packed(JSON, [row()])
    budget.take(budget.limit_bytes - len(body))
    assert post(stage, body).status_code == 200
    squeezed = gzip.compress(body)
    answer = post(stage, squeezed, encoding="gzip")  # fits as it came, not as it unpacks
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    budget.take(1)
    answer = post(stage, body)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert budget.taken == budget.limit_bytes - len(body) + 1


def test_a_full_queue_says_when_to_come_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Future[Receipt]:
        raise QueueFull("1,000,000 rows are waiting to be stored; retry in 1 s")

    monkeypatch.setattr(stage.site.committer, "submit", full)
    answer = post(stage, packed(JSON, [row()]))
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"


def test_a_full_disk_is_said_and_a_later_retry_succeeds(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def refuse(_handle: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patch.setattr(os, "fsync", refuse)
        answer = post(stage, packed(JSON, [row()]))
    assert answer.status_code == 503
    assert "the disk is full" in answer.json()["error"]["what"]
    assert post(stage, packed(JSON, [row()])).json()["accepted"] == 1
    assert len(stored(stage)) == 1


def test_a_disk_that_hangs_is_not_waited_for_for_ever(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*_: object) -> Future[Receipt]:
        return Future()

    monkeypatch.setattr(ingest, "DURABLE_WITHIN_S", 0.01)
    monkeypatch.setattr(stage.site.committer, "submit", hang)
    answer = post(stage, packed(JSON, [row()]))
    assert answer.status_code == 503
    assert "send them again" in answer.json()["error"]["what"]


def test_when_too_many_wait_for_the_disk_the_next_is_told_to_come_back(stage: Stage) -> None:
    places = stage.site.ingest_places
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    answer = post(stage, packed(JSON, [row()]))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    for _ in range(taken):
        places.release()
    assert post(stage, packed(JSON, [row()])).json()["accepted"] == 1


def test_rows_that_the_lake_cannot_take_yet_are_to_be_kept_by_the_sender(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misfit(*_: object) -> Future[Receipt]:
        raise BadInput("column f_income is string, stored so far as double")

    monkeypatch.setattr(stage.site.committer, "submit", misfit)
    answer = post(stage, packed(JSON, [row()]))
    assert answer.status_code == 503
    assert "f_income is string" in answer.json()["error"]["what"]


def test_a_change_is_recorded_once_under_one_key(stage: Stage) -> None:
    order = {"system": "loans", "kind": "deploy", "title": "v8", "scope": {"sex": "f"}}
    for _ in range(2):
        answer = stage.ask(
            "service", "POST", "/v1/changes", order, headers={"Idempotency-Key": "k"}
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["scope"] == {"sex": "f"}
    with stage.site.database.reading() as conn:
        (change,) = changes.between(conn, "loans", DAY)
    assert (change.title, change.at) == ("v8", NOW)


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("/v1/changes", {"id": "mine", "kind": "flag", "title": "t"}),
        ("/v1/complaints", {"id": "mine", "text": "refused"}),
    ],
)
def test_an_id_of_the_callers_own_is_recorded_once(
    stage: Stage, path: str, order: dict[str, object]
) -> None:
    for _ in range(2):
        answer = stage.ask("service", "POST", f"{path}?system=loans", order)
        assert answer.status_code == 201, answer.text
        assert answer.json()["id"] == "mine"


def test_a_complaint_is_recorded(stage: Stage) -> None:
    order = {"system": "loans", "text": "refused without a reason", "prediction_id": "p1"}
    assert stage.ask("service", "POST", "/v1/complaints", order).status_code == 201
    with stage.site.database.reading() as conn:
        (complaint,) = changes.complaints_between(conn, "loans", DAY)
    assert complaint.prediction_id == "p1"


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"kind": "deploy", "title": "t"}, 400),
        ({"system": "lones", "kind": "deploy", "title": "t"}, 404),
        ({"system": "loans", "kind": "deply", "title": "t"}, 422),
        ({"system": "loans", "kind": "deploy", "title": "t", "who": "x"}, 422),
        ({"system": "loans", "kind": "deploy", "title": "t", "scope": "north"}, 400),
    ],
)
def test_a_change_with_a_fault_is_refused(
    stage: Stage, order: dict[str, object], status: int
) -> None:
    answer = stage.ask("service", "POST", "/v1/changes", order)
    assert answer.status_code == status
    assert answer.json()["error"]["what"]


def test_personal_data_is_dropped_or_hashed_before_anything_is_written(stage: Stage) -> None:
    guarded = replace(SYSTEM, dropped=("ssn",), hashed=("id", "age"))
    with stage.site.database.unit("test", NOW) as unit:
        spec = replace(SPEC, schema=replace(SPEC.schema, attributes=(Attribute("age"),)))
        systems.save(unit, guarded, spec, [], 0, "1" * 64)
    sent = row(id="person-1", features={"income": 3.5, "ssn": "078-05-1120"})
    answer = post(stage, packed(JSON, [sent]))
    assert answer.json()["ignored_fields"] == ["features.ssn"]
    post(stage, packed(JSON, [{"id": "person-1", "label": True}]), table="outcomes")
    (prediction,), (outcome,) = stored(stage), stored(stage, "outcomes")
    assert prediction["id"] == outcome["id"] == hashed("person-1", stage.site.secret)
    assert prediction["s_age"] == hashed("31", stage.site.secret)
    again = post(stage, packed(JSON, [sent])).json()
    assert (again["accepted"], again["duplicates"]) == (0, 1)
    secrets = (b"person-1", b"078-05-1120")
    folder = Path(str(stage.site.database.url.database)).parent
    for path in folder.rglob("*"):
        assert not (path.is_file() and any(one in path.read_bytes() for one in secrets)), path
