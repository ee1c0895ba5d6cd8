"""The gateway in front of a real server: what callers get, and what is written down."""

import gzip
import json
import struct
import threading
from typing import Any

import httpx
import pytest

from tests.gateway.stage import Stage, chat_body, stage_of, until, v2_body
from tests.patience import PATIENCE_S
from tocsin_client.rows import Row


def deciders(rows: list[Row]) -> list[object]:
    return [row["decided_by"] for row in rows]


# -- nothing in force ------------------------------------------------------------------------------
def test_with_nothing_in_force_the_answer_is_the_servers_byte_for_byte(stage: Stage) -> None:
    body = json.dumps(v2_body(700, 301)).encode()
    straight = httpx.post(f"{stage.server.url}/v2/models/loans/infer", content=body)
    through = stage.client.post("/v2/models/loans/infer", content=body)
    assert (through.status_code, through.content) == (200, straight.content)
    assert through.headers["content-type"] == straight.headers["content-type"]
    assert stage.server.seen[1] == stage.server.seen[0]


def test_a_decision_is_written_down_with_inputs_attributes_score_and_prediction(
    stage: Stage,
) -> None:
    stage.v2(700, 301, headers={"x-channel": "web"})
    first, second = stage.desk.taken(2)
    assert first["features"] == {"income": 700, "region": "south"}
    assert first["attributes"] == {"income": 700, "region": "south", "channel": "web"}
    assert (first["score"], first["prediction"]) == (0.56, "yes")
    assert (second["score"], second["prediction"]) == (pytest.approx(0.2408), "no")
    assert (first["decided_by"], first["version"], first["directive"]) == ("system", "v2", None)
    assert first["error"] is None
    latency = first["latency_ms"]
    assert isinstance(latency, float)
    assert 0 < latency < 60_000


def test_a_call_is_named_by_its_own_id_only_where_callers_never_repeat_one(stage: Stage) -> None:
    assert stage.v2(700, id_="1").json()["id"] == "1"
    assert stage.desk.taken()[0]["id"] != "1"
    with stage_of(caller_ids=True) as other:
        assert other.v2(700, 301, id_="call-1").headers["tocsin-prediction-id"] == "call-1"
        assert [row["id"] for row in other.desk.taken(2)] == ["call-1-0", "call-1-1"]
        for odd in ("a\r\nx-injected: 1", "é", "x" * 1000):
            answer = other.v2(700, id_=odd)
            assert answer.status_code == 200
            assert len(answer.headers["tocsin-prediction-id"]) == 32
            assert "x-injected" not in answer.headers


def test_the_caller_is_told_the_id_and_who_decided(stage: Stage) -> None:
    answer = stage.v1(700)
    assert answer.json() == {"predictions": [{"score": 0.56, "prediction": True}]}
    (row,) = stage.desk.taken()
    assert answer.headers["tocsin-prediction-id"] == row["id"]
    assert answer.headers["tocsin-decided-by"] == "system"


def test_binary_tensors_pass_untouched_and_are_read(stage: Stage) -> None:
    head = {
        "inputs": [
            {
                "name": "income",
                "datatype": "FP32",
                "shape": [2, 1],
                "parameters": {"binary_data_size": 8},
            }
        ]
    }
    text = json.dumps(head).encode()
    body = text + struct.pack("<2f", 700.0, 300.0)
    answer = stage.client.post(
        "/v2/models/loans/infer",
        content=body,
        headers={"inference-header-content-length": str(len(text))},
    )
    assert answer.json()["outputs"][1]["data"] == ["yes", "no"]
    assert stage.server.seen[0][1] == body
    assert [row["features"] for row in stage.desk.taken(2)] == [{"income": 700}, {"income": 300}]


def test_a_zipped_request_is_read_and_passed_on_as_it_came(stage: Stage) -> None:
    stage.desk.direct({"action": "block", "slice": {"region": "north"}})
    body = gzip.compress(json.dumps(v2_body(301)).encode())
    answer = stage.client.post(
        "/v2/models/loans/infer", content=body, headers={"content-encoding": "gzip"}
    )
    assert answer.status_code == 403
    assert stage.server.seen == []


def test_hop_headers_stay_behind_and_others_travel(stage: Stage) -> None:
    stage.v1(700, headers={"connection": "x-hop", "x-hop": "1", "authorization": "Bearer k"})
    (seen,) = stage.server.headers
    assert seen["authorization"] == "Bearer k"
    assert "x-hop" not in seen
    assert seen["host"] == stage.server.url.removeprefix("http://")
    assert seen["accept-encoding"] == "identity"


def test_what_asks_for_no_prediction_passes(stage: Stage) -> None:
    answer = stage.client.get("/v2/models/loans")
    assert answer.json()["platform"] == "stand-in"
    assert stage.desk.rows == []


def test_the_servers_refusal_of_a_call_is_the_callers_to_read_and_no_decision(stage: Stage) -> None:
    answer = stage.client.post("/v1/models/loans:predict", json={"rows": []})
    assert answer.status_code == 400
    assert stage.client.get("/-/healthz").status_code == 200
    assert stage.desk.rows == []


# -- directives ------------------------------------------------------------------------------------
def test_a_fallback_answers_its_slice_by_rules_and_the_rest_of_a_batch_by_the_system(
    stage: Stage,
) -> None:
    stage.desk.direct({"action": "fallback", "slice": {"region": "north"}})
    answer = stage.v2(700, 301, 51, 902)
    outputs = {one["name"]: one for one in answer.json()["outputs"]}
    assert outputs["score"]["data"] == [0.56, 0.2, 0.1, pytest.approx(0.7216)]
    assert outputs["score"]["datatype"] == "FP32"
    assert outputs["score"]["shape"] == [4, 1]
    assert outputs["decision"]["data"] == ["yes", "no", "no", "yes"]
    assert answer.headers["tocsin-decided-by"] == "mixed"
    asked = json.loads(stage.server.seen[0][1])
    assert [one["data"] for one in asked["inputs"]] == [[700, 902], ["south", "south"]]
    rows = stage.desk.taken(4)
    assert deciders(rows) == ["system", "fallback", "fallback", "system"]
    assert [row["directive"] for row in rows] == [None, "dir_0", "dir_0", None]
    assert [row["score"] for row in rows] == [0.56, 0.2, 0.1, pytest.approx(0.7216)]


def test_a_rollback_asks_the_earlier_versions_server(stage: Stage) -> None:
    stage.desk.direct({"action": "rollback", "to_version": "v1"})
    assert stage.v1(700).json()["predictions"][0]["score"] == 0.76
    (row,) = stage.desk.taken()
    assert (row["decided_by"], row["version"]) == ("rollback", "v1")
    assert stage.server.seen == []


def test_a_rollback_to_a_version_the_gateway_does_not_know_is_a_fallback(stage: Stage) -> None:
    stage.desk.direct({"action": "rollback", "to_version": "v0"})
    assert stage.v1(700).json() == {"predictions": [{"score": 0.2, "decision": "no"}]}
    (row,) = stage.desk.taken()
    assert (row["decided_by"], row["error"]) == ("fallback", "VersionNotRegistered")


def test_a_block_refuses_the_call_and_names_the_rows(stage: Stage) -> None:
    stage.desk.direct({"action": "block", "slice": {"region": "north"}})
    answer = stage.v2(700, 301)
    assert answer.status_code == 403
    assert "rows 1" in answer.json()["error"]
    (row,) = stage.desk.taken()  # nobody decided about the other one
    assert (row["decided_by"], row["features"]) == ("block", {"income": 301, "region": "north"})
    assert stage.server.seen == []
    assert stage.v2(700).status_code == 200


def test_a_kill_switch_stops_everyone_whatever_else_is_in_force(stage: Stage) -> None:
    stage.desk.direct({"action": "kill"}, {"action": "fallback", "slice": {"region": "north"}})
    assert [stage.v1(k).status_code for k in (700, 301)] == [403, 403]
    assert stage.chat().status_code == 403
    assert stage.chat().json()["error"]["code"] == "blocked"


def test_under_review_the_call_is_accepted_and_nobody_has_decided(stage: Stage) -> None:
    stage.desk.direct({"action": "review", "slice": {"region": "north"}})
    answer = stage.v1(301)
    assert answer.status_code == 202
    (row,) = stage.desk.taken()
    assert row["id"] == answer.headers["tocsin-prediction-id"]
    assert (row["decided_by"], row["score"], row["prediction"]) == ("review", None, None)
    with stage.desk.landed:
        assert stage.desk.landed.wait_for(lambda: bool(stage.desk.referred), PATIENCE_S)
    (asked,) = stage.desk.referred
    assert (asked["id"], asked["features"]) == (row["id"], row["features"])


def test_declared_answers_stand_in_for_pending_and_blocked_rows() -> None:
    pending, blocked = {"prediction": "later"}, {"prediction": "closed"}
    with stage_of(pending=pending, blocked=blocked) as stage:
        stage.desk.direct(
            {"action": "review", "slice": {"region": "north"}},
            {"action": "block", "slice": {"income": "<10"}},
        )
        answer = stage.v1(301, 700, 4)
        assert answer.status_code == 200
        assert answer.json()["predictions"] == [
            pending,
            {"score": 0.56, "prediction": True},
            blocked,
        ]
        assert deciders(stage.desk.taken(3)) == ["review", "system", "block"]
        assert [row["prediction"] for row in stage.desk.rows] == [None, True, None]


def test_a_canary_takes_its_share_and_the_same_people_each_time() -> None:
    with stage_of(sticky="income") as stage:
        stage.desk.direct({"action": "canary", "to_version": "v3", "share": 0.3})
        incomes = list(range(100, 400))
        first, again = stage.v1(*incomes), stage.v1(*incomes)
        assert first.json() == again.json()
        rows = stage.desk.taken(600)
        by_canary = [row for row in rows if row["version"] == "v3"]
        assert 120 < len(by_canary) < 240
        assert set(deciders(rows)) == {"system"}
        assert {row["directive"] for row in by_canary} == {"dir_0"}
        one = [stage.v1(k).headers["tocsin-decided-by"] for k in (100, 101)]
        assert one == ["system", "system"]


def test_a_canary_that_fails_costs_nobody_an_answer_and_is_blamed_itself(stage: Stage) -> None:
    stage.desk.direct({"action": "canary", "to_version": "v3"})
    stage.other.faults.status = 503
    assert stage.v1(700).json() == {"predictions": [{"score": 0.56, "prediction": True}]}
    (row,) = stage.desk.taken()
    assert (row["decided_by"], row["version"]) == ("fallback", "v3")
    assert row["error"] == "HTTP 503"


def test_with_control_lost_and_failing_closed_everyone_gets_the_fallback(stage: Stage) -> None:
    stage.desk.lost = True
    assert stage.v1(700).json() == {"predictions": [{"score": 0.2, "decision": "no"}]}
    assert stage.desk.taken()[0]["error"] == "ControlLost"


# -- faults ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fault", "error"),
    [({"status": 500}, "HTTP 500"), ({"delay_s": 60.0}, "Timeout")],
)
def test_a_server_that_fails_is_replaced_by_the_rules(fault: dict[str, Any], error: str) -> None:
    with stage_of(timeout_s=0.5 if error == "Timeout" else 30.0) as stage:
        for name, value in fault.items():
            setattr(stage.server.faults, name, value)
        assert stage.v1(700).json() == {"predictions": [{"score": 0.2, "decision": "no"}]}
        (row,) = stage.desk.taken()
        assert (row["decided_by"], row["version"]) == ("fallback", "v2")
        assert error in str(row["error"])


def test_without_rules_a_servers_own_failure_is_the_answer_and_is_written_down() -> None:
    with stage_of(fallback=None) as stage:
        stage.server.faults.status = 500
        answer = stage.v1(700)
        assert (answer.status_code, answer.json()) == (500, {"error": "out of order"})
        (row,) = stage.desk.taken()
        assert (row["decided_by"], row["error"], row["score"]) == ("system", "HTTP 500", None)


def test_a_server_that_is_not_there_is_a_bad_gateway_without_rules() -> None:
    with stage_of(fallback=None, upstream="http://127.0.0.1:9") as stage:
        assert stage.v2(700).status_code == 502
        assert stage.client.get("/v2/models/loans").status_code == 502
        assert stage.desk.taken()[0]["error"] == "ConnectError"


def test_parts_that_do_not_fit_into_one_body_are_all_answered_by_the_rules(stage: Stage) -> None:
    stage.desk.direct({"action": "fallback", "slice": {"region": "north"}})
    stage.server.faults.garbage = (
        b'{"outputs": [{"name": "other", "datatype": "FP32", "shape": [1], "data": [0.9]}]}'
    )
    answer = stage.v2(700, 301)
    assert answer.json()["outputs"][0]["data"] == [0.2, 0.2]
    rows = stage.desk.taken(2)
    assert deciders(rows) == ["fallback", "fallback"]
    assert [row["error"] for row in rows] == ["Unjoinable", None]


def test_an_answer_that_cannot_be_read_reaches_the_caller_all_the_same(stage: Stage) -> None:
    stage.server.faults.garbage = b"not json"
    assert stage.v1(700).content == b"not json"
    (row,) = stage.desk.taken()
    assert (row["score"], row["prediction"], row["decided_by"]) == (None, None, "system")
    assert stage.gateway.counts.get("unread", system="loans", what="answer") == 1


# -- ways round ------------------------------------------------------------------------------------
@pytest.mark.parametrize("body", [b"{", b'{"instances": 3}', b"[]", b"\xff"])
def test_a_call_that_cannot_be_read_passes_only_while_nothing_holds_for_everyone(
    stage: Stage, body: bytes
) -> None:
    assert stage.client.post("/v1/models/loans:predict", content=body).status_code != 503
    stage.desk.direct({"action": "fallback"})
    seen = len(stage.server.seen)
    answer = stage.client.post("/v1/models/loans:predict", content=body)
    assert answer.status_code == 503
    assert "everyone is contained" in answer.json()["error"]
    assert len(stage.server.seen) == seen


def test_a_call_that_cannot_be_read_follows_a_rollback_of_everyone(stage: Stage) -> None:
    stage.desk.direct({"action": "rollback", "to_version": "v1"})
    stage.client.post("/v2/models/loans/generate", json={"text_input": "hello"})
    assert (len(stage.server.seen), len(stage.other.seen)) == (0, 1)


@pytest.mark.parametrize("path", ["/v2/models/x/../loans/infer", "/v2//models/loans/infer"])
def test_a_winding_path_is_refused(stage: Stage, path: str) -> None:
    stage.desk.direct({"action": "block", "slice": {"region": "north"}})
    sent = httpx.URL(stage.client.base_url).copy_with(raw_path=path.encode())
    assert stage.client.post(sent, json=v2_body(301)).status_code in (400, 403)
    assert stage.server.seen == []


def test_a_body_that_is_too_long_is_refused(stage: Stage) -> None:
    assert stage.client.post("/v1/models/loans:predict", content=b"x" * 100_001).status_code == 413


# -- chat ------------------------------------------------------------------------------------------
def test_a_chat_is_passed_on_and_written_down_without_its_text(stage: Stage) -> None:
    answer = stage.chat("what is it?", metadata={"region": "north"})
    assert answer.json()["choices"][0]["message"]["content"] == "The answer is 42"
    (row,) = stage.desk.taken()
    features = row["features"]
    assert isinstance(features, dict)
    assert features["input_chars"] == 11
    assert features["output_chars"] == 16
    assert (features["tokens_in"], features["tokens_out"]) == (7, 4)
    assert features["finish_reason"] == "stop"
    assert row["attributes"] == {"input_chars": 11, "llm": "loans", "region": "north"}
    kept = json.dumps(
        {k: v for k, v in row.items() if k not in {"id", "at", "latency_ms"}}, default=str
    )
    assert "The answer" not in kept
    assert "what is it" not in kept


def test_a_stream_comes_piece_by_piece_as_the_server_sends_it(stage: Stage) -> None:
    stage.server.goes_on = threading.Event()
    body = chat_body(stream=True)
    with stage.client.stream("POST", "/v1/chat/completions", json=body) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        first = next(lines)
        assert json.loads(first.removeprefix("data: "))["choices"][0]["delta"] == {"content": "The"}
        assert stage.desk.rows == []  # the server is still speaking
        stage.server.goes_on.set()
        rest = [line for line in lines if line]
    assert rest[-1] == "data: [DONE]"
    (row,) = stage.desk.taken()
    features = row["features"]
    assert isinstance(features, dict)
    assert (features["output_chars"], features["finish_reason"]) == (16, "stop")


def test_a_stream_that_breaks_is_seen_to_break_and_written_down_so(stage: Stage) -> None:
    stage.server.faults.breaks_after = 2
    body = chat_body(stream=True)
    with (
        pytest.raises(httpx.RemoteProtocolError),
        stage.client.stream("POST", "/v1/chat/completions", json=body) as answer,
    ):
        answer.read()
    assert stage.desk.taken()[0]["error"] == "RemoteProtocolError"


def test_a_reader_who_leaves_ends_the_stream_on_the_other_side(stage: Stage) -> None:
    stage.server.words, stage.server.pause_s = ("word ",) * 1000, 0.1
    with stage.client.stream("POST", "/v1/chat/completions", json=chat_body(stream=True)) as answer:
        next(answer.iter_lines())
    assert until(lambda: stage.server.ended == 1) < PATIENCE_S
    assert stage.desk.taken()[0]["error"] == "ReaderLeft"


def test_a_contained_chat_is_answered_in_the_form_it_was_asked_for() -> None:
    with stage_of(blocked="Please call us.") as stage:
        stage.desk.direct({"action": "block"})
        whole = stage.chat().json()
        assert whole["choices"][0]["message"]["content"] == "Please call us."
        with stage.client.stream(
            "POST", "/v1/chat/completions", json=chat_body(stream=True)
        ) as answer:
            lines = [line for line in answer.iter_lines() if line]
        said = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
        assert said[0]["choices"][0]["delta"]["content"] == "Please call us."
        assert said[-1]["choices"][0]["finish_reason"] == "stop"
        assert lines[-1] == "data: [DONE]"
        assert deciders(stage.desk.taken(2)) == ["block", "block"]


def test_the_gateway_tells_what_it_did(stage: Stage) -> None:
    stage.v1(700, 301)
    stage.desk.taken(2)
    text = stage.client.get("/-/metrics").text
    assert 'tocsin_gateway_rows_total{decided_by="system",system="loans"} 2' in text
    assert 'tocsin_gateway_control_lost{system="loans"} 0' in text
    assert stage.client.get("/-/other").status_code == 404
