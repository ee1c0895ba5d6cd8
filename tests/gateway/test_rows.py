"""Rows of answered calls."""

from datetime import UTC, datetime

from tocsin.gateway.ask import Ask, Asked
from tocsin.gateway.rows import rows_of
from tocsin.gateway.verdict import Verdict, Way

AT = datetime(2026, 11, 30, tzinfo=UTC)
ASK = Ask(rows=(Asked({"a": 1}, {"s": "x"}), Asked({"a": 2}, {"s": "y"})))


def test_an_answer_of_another_length_says_nothing_of_any_row() -> None:
    own = Verdict(Way.RELAY, "v2", "system", None, "v2")
    rows = rows_of(ASK, (own, own), [{"score": 0.7}], call_id="c", at=AT, latency_ms=1.0)
    assert [row["score"] for row in rows] == [None, None]
    assert [row["id"] for row in rows] == ["c-0", "c-1"]


def test_only_a_decision_has_a_score() -> None:
    ways = (Verdict(Way.RULES, "v2", "fallback"), Verdict(Way.FAILED, "v2", "system", error="X"))
    facts = [{"score": 0.2, "features": {"b": 3}}, {"score": 0.3}]
    rows = rows_of(ASK, ways, facts, call_id="c", at=AT, latency_ms=1.0)
    assert [(row["score"], row["error"]) for row in rows] == [(0.2, None), (None, "X")]
    assert rows[0]["features"] == {"a": 1, "b": 3}
