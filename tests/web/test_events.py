"""Logged calls over HTTP: halves are durable when answered, rows are made by the worker."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.examples import NOW, SPEC, SYSTEM
from tests.web.cast import Stage
from tocsin.engine import local
from tocsin.ingest.events import BATCHED, STRUCTURED
from tocsin.ingest.parse import JSON, NDJSON, PARQUET
from tocsin.jobs import join, profile
from tocsin.jobs.rings import Rings
from tocsin.store import halves, profiles, systems
from tocsin.web.events import EVENT_TYPES

KIND = "org.kubeflow.serving.inference."
ASKED = {"instances": [{"income": 3.5, "age": 31, "colour": "red"}]}
ANSWERED = {"predictions": [0.6], "model_version": "7"}


def headers(side: str, id_: str = "c1", **extra: str) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": id_,
        "ce-type": KIND + side,
        "ce-source": "http://localhost:9081/",
        "ce-time": NOW.isoformat(),
        "ce-inferenceservicename": "loans",
    } | extra


def send(
    stage: Stage, sent: Mapping[str, str], body: object, query: str = "", who: str = "service"
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    token = {"Authorization": f"Bearer {stage.tokens[who]}"}
    return stage.client.post(f"/v1/cloudevents{query}", content=content, headers={**token, **sent})


def worker(stage: Stage) -> Rings:
    site = stage.site
    return Rings(
        database=site.database,
        lake=site.lake,
        committer=site.committer,
        engine_run=local.run,
        notifiers={},
        clock=stage.watch,
        base_url=site.base_url,
        secret=b"-",
        policy=site.policy,
    )


def rows(stage: Stage) -> list[dict[str, Any]]:
    join.run(worker(stage), stage.watch())
    return stage.site.lake.scan("loans", "predictions").sort_by("id").to_pylist()


def test_a_call_in_two_requests_is_a_row_and_is_profiled(stage: Stage) -> None:
    first = send(stage, headers("response"), ANSWERED)
    assert first.status_code == 200, first.text
    assert (first.json()["accepted"], rows(stage)) == (1, [])
    second = send(stage, headers("request"), ASKED)
    assert second.json()["ignored_fields"] == ["colour"]
    (row,) = rows(stage)
    assert (row["id"], row["version"], row["score"], row["f_income"], row["s_age"]) == (
        "c1",
        "7",
        0.6,
        3.5,
        "25–40",
    )
    profile.run(worker(stage), stage.watch())
    with stage.site.database.reading() as conn:
        assert profiles.watermark(conn, "loans", "predictions") >= 0


def test_a_half_that_comes_again_is_a_duplicate(stage: Stage) -> None:
    answers = [send(stage, headers("request"), ASKED).json() for _ in range(2)]
    assert [(one["accepted"], one["duplicates"]) for one in answers] == [(1, 0), (0, 1)]


def test_structured_and_batched_events_are_taken(stage: Stage) -> None:
    event = {
        "specversion": "1.0",
        "id": "s1",
        "type": KIND + "request",
        "source": "s",
        "inferenceservicename": "loans",
        "data": ASKED,
    }
    assert send(stage, {"content-type": STRUCTURED}, event).json()["accepted"] == 1
    reply = event | {"type": KIND + "response", "data": ANSWERED}
    answer = send(stage, {"content-type": BATCHED}, [reply, {"id": "x"}, reply]).json()
    assert (answer["accepted"], answer["duplicates"], answer["rejected_total"]) == (1, 1, 1)
    assert answer["rejected"][0]["field"] == "specversion"
    assert [row["id"] for row in rows(stage)] == ["s1"]


def test_a_stored_batch_is_imported_with_the_instant_that_is_given(stage: Stage) -> None:
    log = [
        {"id": "b1", "reqType": KIND + side, "bytes": json.dumps(body), "inferenceService": "loans"}
        for side, body in (("request", ASKED), ("response", ANSWERED))
    ]
    at = NOW - timedelta(hours=2)
    query = f"?system=loans&at={at.isoformat().replace('+', '%2B')}"
    for kind, body in ((JSON, log), (NDJSON, b"\n".join(json.dumps(x).encode() for x in log))):
        answer = send(stage, {"content-type": kind}, body, query).json()
        assert (answer["accepted"] + answer["duplicates"], answer["rejected"]) == (2, [])
    (row,) = rows(stage)
    assert (row["id"], row["at"]) == ("b1", at)


def test_a_system_goes_by_the_names_of_its_declaration(stage: Stage) -> None:
    unknown = send(stage, headers("request", **{"ce-inferenceservicename": "loan-v2"}), ASKED)
    assert unknown.status_code == 422
    assert unknown.json()["error"]["where"] == "event 0: inferenceservicename"
    assert "serving.names" in unknown.json()["error"]["what"]
    named = send(
        stage, headers("request", **{"ce-inferenceservicename": "x"}), ASKED, "?system=loans"
    )
    assert named.json()["accepted"] == 1


@pytest.mark.parametrize(
    ("sent", "body", "status"),
    [
        ({"content-type": "text/html"}, b"<p>", 415),
        ({"content-type": STRUCTURED}, b"{", 400),
        ({"content-type": PARQUET}, b"PAR1", 400),
        (headers("request"), b"{", 422),
        (headers("outlier"), ASKED, 422),
    ],
)
def test_what_is_no_event_is_refused_and_changes_nothing(
    stage: Stage, sent: dict[str, str], body: object, status: int
) -> None:
    answer = send(stage, sent, body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["what"]
    with stage.site.database.reading() as conn:
        assert halves.waiting(conn, "loans") == 0


@given(
    kind=st.sampled_from([*EVENT_TYPES, "", "x"]),
    side=st.sampled_from(["request", "response", "x"]),
    body=st.binary(max_size=50) | st.sampled_from([b"[]", b"[1]", b"{}", b'{"inputs":[{}]}']),
    binary=st.booleans(),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
def test_garbage_is_refused_in_our_words_and_changes_nothing(
    shared: Stage, kind: str, side: str, body: bytes, binary: bool
) -> None:
    sent = (headers(side) if binary else {}) | {"content-type": kind}
    answer = send(shared, sent, body)
    assert answer.status_code in (200, 400, 415, 422), answer.text
    if answer.status_code == 200:  # an empty batch is none the worse
        assert (answer.json()["accepted"], answer.json()["rejected"]) == (0, [])
    else:
        assert answer.json()["error"]["what"]
    with shared.site.database.reading() as conn:
        assert halves.waiting(conn, "loans") == 0


def test_the_token_may_travel_in_the_url(stage: Stage) -> None:
    answer = stage.client.post(
        "/v1/cloudevents",
        content=json.dumps(ASKED),
        headers=headers("request"),
        auth=("kserve", stage.tokens["service"]),
    )
    assert answer.status_code == 200, answer.text
    refused = stage.client.post("/v1/cloudevents", auth=("kserve", "tsn_wrong"))
    assert refused.status_code == 401


def test_what_waits_and_what_came_to_nothing_can_be_seen(stage: Stage) -> None:
    send(stage, headers("request"), ASKED)
    path = "/v1/systems/loans/intake"
    assert stage.ask("reader", "GET", path).json() == {"halves_waiting": 1, "dropped": []}
    stage.watch.forward(timedelta(hours=1, seconds=1))
    assert rows(stage) == []
    seen = stage.ask("reader", "GET", path).json()
    (one,) = seen["dropped"]
    assert (seen["halves_waiting"], one["reason"], one["number"], one["example"]) == (
        0,
        "response never came",
        1,
        "c1",
    )
    assert stage.ask("reader", "GET", "/v1/systems/lones/intake").status_code == 404


def test_other_names_are_found_after_own_ones(stage: Stage) -> None:
    with stage.site.database.reading() as conn:
        assert systems.called(conn, ("nothing", "loans")).system == SYSTEM
        assert systems.called(conn, ("loans",)).spec == SPEC
