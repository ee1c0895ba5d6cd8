"""What a row's score means by a moved threshold."""

import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.gateway.stage import Stage, stage_of, until
from tests.gateway.test_verdict import SERVED
from tests.patience import PATIENCE_S
from tocsin.gateway.ask import Ask, Asked, Dialect
from tocsin.gateway.dialects import chat, v1
from tocsin.gateway.served import Served
from tocsin.gateway.threshold import Measured, Why, measured, opposite
from tocsin.gateway.verdict import Verdict, Way, verdict
from tocsin.gateway.wire import Reply
from tocsin.ingest.system import Columns, Kind, System
from tocsin_client.directives import Action, Directive

EVER = datetime.max.replace(tzinfo=UTC)
FROM_70 = Directive("dir_t", Action.THRESHOLD, (), None, EVER, threshold=0.7)
ROLLBACK = Directive("dir_r", Action.ROLLBACK, (), "v1", EVER)
JSON_HEADERS = [(b"content-type", b"application/json"), (b"etag", b'"1"')]


def answered(
    predictions: Any,
    *verdicts: Verdict,
    served: Served = SERVED,
    dialect: Dialect = v1,
) -> Measured:
    body = json.dumps({"predictions": predictions}).encode()
    ask = Ask(rows=(Asked({}, {}),) * len(verdicts))
    return measured(Reply(200, list(JSON_HEADERS), body), verdicts, ask, dialect, served)


def row(score: Any, prediction: Any) -> dict[str, Any]:
    return {"score": score, "prediction": prediction}


def moved(directive: Directive | None = None) -> Verdict:
    return replace(verdict(directive, SERVED), moved=FROM_70)


def said(found: Measured) -> list[Any]:
    return json.loads(found.reply.body)["predictions"]


def test_a_row_says_what_its_score_means_by_the_threshold_in_force_for_it() -> None:
    found = answered(
        [row(0.6, True), row(0.7, True), row(0.6, True), row(0.8, False)],
        moved(),
        moved(),
        verdict(None, SERVED),
        moved(),
    )
    assert said(found) == [row(0.6, False), row(0.7, True), row(0.6, True), row(0.8, True)]
    named = [one.directive and one.directive.id for one in found.verdicts]
    assert named == ["dir_t", "dir_t", None, "dir_t"]
    assert {one.decided_by for one in found.verdicts} == {"system"}
    assert (found.before, found.unmoved) == ({0: True, 3: False}, {})
    headers = dict(found.reply.headers)
    assert headers == {
        b"content-type": b"application/json",
        b"content-length": str(len(found.reply.body)).encode(),
    }


def test_an_answer_that_stays_as_it_is_keeps_its_bytes() -> None:
    reply = Reply(200, list(JSON_HEADERS), b'{ "predictions": [{"score":0.9,"prediction":1}] }')
    found = measured(reply, [moved()], Ask(rows=(Asked({}, {}),)), v1, SERVED)
    assert found.reply is reply
    assert found.verdicts[0].directive == FROM_70


def test_another_directive_is_named_where_the_threshold_changed_nothing() -> None:
    found = answered([row(0.9, True), row(0.6, True)], moved(ROLLBACK), moved(ROLLBACK))
    assert [one.directive and one.directive.id for one in found.verdicts] == ["dir_r", "dir_t"]
    assert [one.decided_by for one in found.verdicts] == ["rollback", "rollback"]


def test_what_the_rules_say_and_a_refusal_are_not_measured() -> None:
    rules = replace(moved(), way=Way.RULES)
    found = answered([row(0.6, True)], rules)
    assert (said(found), found.unmoved) == ([row(0.6, True)], {})
    refusal = Reply(422, [], b"{}")
    assert measured(refusal, [moved()], Ask(rows=(Asked({}, {}),)), v1, SERVED).reply is refusal


@pytest.mark.parametrize(
    ("predictions", "why"),
    [
        ([0.6], Why.PREDICTION),
        ([row(0.6, None)], Why.PREDICTION),
        ([{"prediction": True}], Why.SCORE),
        ([row(None, True)], Why.SCORE),
        ([row(True, True)], Why.SCORE),
        ([row(0.6, "approved")], None),
        ([row(0.8, "declined")], Why.WORDS),
        ([row(0.6, [[True]])], Why.UNREAD),
        ([row(0.6, True), row(0.6, True)], Why.UNREAD),
        ("nonsense", Why.UNREAD),
    ],
)
def test_what_cannot_follow_stays_as_it_is_and_says_why(predictions: Any, why: Why | None) -> None:
    found = answered(predictions, moved())
    assert said(found) == predictions
    if why is None:
        assert found.unmoved == {}  # "approved" is not yes here, and its score means no
    else:
        assert found.unmoved == {0: why}
        assert found.verdicts[0].directive is None


def test_streams_chats_and_other_kinds_of_answers_have_no_threshold() -> None:
    async def pieces() -> AsyncGenerator[bytes]:
        yield b"{}"

    stream = Reply(200, [], b"", pieces())
    ask = Ask(rows=(Asked({}, {}),))
    assert measured(stream, [moved()], ask, chat, SERVED).unmoved == {0: Why.STREAM}
    text = {"choices": [{"message": {"content": "yes"}}]}
    whole = Reply(200, [], json.dumps(text).encode())
    assert measured(whole, [moved()], ask, chat, SERVED).unmoved == {0: Why.SCORE}
    classes = replace(SERVED, system=System(name="loans", kind=Kind.MULTICLASS))
    assert answered([row(0.6, "a")], moved(), served=classes).unmoved == {0: Why.KIND}


def worded(positive: str, yes: object, no: object) -> Served:
    system = System(name="loans", columns=Columns(positive=positive))
    return replace(SERVED, system=system, yes=yes, no=no)


@pytest.mark.parametrize(
    ("given", "expected", "served"),
    [
        ("True", "False", SERVED),
        ("0", "1", SERVED),
        (1.0, 0.0, SERVED),
        ("no", "yes", worded("false", 0, None)),  # whose yes is 0
        ("approved", "declined", worded("approved", "approved", "declined")),
        ("declined", "approved", worded("approved", "approved", "declined")),
        ("refer", None, worded("approved", "approved", "declined")),
        ("declined", "approved", worded("approved", "approved", None)),
        ("approved", None, worded("approved", "approved", None)),
        (2, 1, worded("2", 2, 1)),
        (1.0, 2.0, worded("2", 2, 1)),
        ("1", "2", worded("2", 2, 1)),
        (2, None, worded("2", 2, "one")),
        ("Y", "false", worded("Y", "Y", False)),
    ],
)
def test_the_opposite_is_said_in_the_words_and_the_type_of_the_answer(
    given: object, expected: object, served: Served
) -> None:
    found = opposite(given, served)
    assert (found, type(found)) == (expected, type(expected))


# -- through a gateway -----------------------------------------------------------------------------
THRESHOLD = {"action": "threshold", "threshold": 0.7, "slice": {"region": "north"}}


def test_v2_a_batch_of_mixed_slices_is_answered_in_its_own_form(stage: Stage) -> None:
    plain = stage.v2(701, 700, 901).json()
    stage.desk.taken(3).clear()  # they land after the answer is out
    stage.desk.direct(THRESHOLD)
    answer = stage.v2(701, 700, 901)
    decision = plain["outputs"][1]
    assert decision["data"] == ["yes", "yes", "yes"]
    decision["data"] = ["no", "yes", "yes"]  # 0.5608 is too little in the north
    assert answer.json() == plain
    assert answer.headers["tocsin-decided-by"] == "system"
    rows = stage.desk.taken(3)
    assert [one["prediction"] for one in rows] == ["no", "yes", "yes"]
    assert [one["directive"] for one in rows] == ["dir_0", None, "dir_0"]
    assert [one["decided_by"] for one in rows] == ["system"] * 3
    assert rows[0]["score"] == pytest.approx(0.5608)


def test_v1_a_lower_threshold_says_yes_to_more(stage: Stage) -> None:
    stage.desk.direct({**THRESHOLD, "threshold": 0.2})
    assert [one["prediction"] for one in stage.v1(301, 300, 101).json()["predictions"]] == [
        True,
        False,
        False,
    ]
    assert [one["prediction"] for one in stage.desk.taken(3)] == [True, False, False]


def test_a_batch_that_parts_is_measured_where_servers_answered_it(stage: Stage) -> None:
    stage.desk.direct(
        {"action": "fallback", "slice": {"region": "south"}},
        {**THRESHOLD, "slice": {}},
    )
    answer = stage.v2(701, 700, 901).json()
    assert answer["outputs"][1]["data"] == ["no", "no", "yes"]
    rows = stage.desk.taken(3)
    assert [one["directive"] for one in rows] == ["dir_1", "dir_0", "dir_1"]
    assert [one["decided_by"] for one in rows] == ["system", "fallback", "system"]


def test_a_canarys_answers_are_measured_too(stage: Stage) -> None:
    stage.desk.direct({"action": "canary", "to_version": "v3", "share": 1.0}, THRESHOLD)
    found = [one["prediction"] for one in stage.v1(501, 701, 700).json()["predictions"]]
    assert found == [False, True, True]  # 0.6008, 0.7608; the south is as it was
    rows = stage.desk.taken(3)
    assert [one["version"] for one in rows] == ["v3", "v3", "v3"]
    assert [one["directive"] for one in rows] == ["dir_1", "dir_0", "dir_0"]


def test_what_cannot_follow_is_counted_and_the_moved_threshold_ends_with_the_directive(
    stage: Stage,
) -> None:
    stage.desk.direct({**THRESHOLD, "slice": {}})
    assert stage.chat().json()["choices"][0]["message"]["content"] == "The answer is 42"
    stage.chat(stream=True)
    page = stage.client.get("/-/metrics").text
    for why in ("no score", "stream"):
        assert f'tocsin_gateway_unmoved_total{{system="loans",why="{why}"}} 1' in page
    stage.desk.direct()
    assert stage.v1(701).json()["predictions"][0]["prediction"] is True


def test_a_shadow_copy_is_compared_with_what_the_server_had_predicted() -> None:
    with stage_of() as stage:
        stage.other.bias = 0.0
        stage.desk.direct({**THRESHOLD, "slice": {}}, {"action": "shadow", "to_version": "v3"})
        assert stage.v1(701).json()["predictions"][0]["prediction"] is False
        assert until(lambda: stage.shadows("same") == 1) < PATIENCE_S
