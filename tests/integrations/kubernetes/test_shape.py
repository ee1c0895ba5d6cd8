"""Whatever a cluster answers, reading it is no error."""

from tocsin.integrations.kubernetes.shape import inner, items


def test_what_is_not_there_is_empty() -> None:
    assert inner({"a": {"b": {"c": 1}}}, "a", "b") == {"c": 1}
    assert inner({"a": {"b": [1]}}, "a", "b") == {}
    assert inner({"a": None}, "a", "b", "c") == {}
    assert items([{"a": 1}, "x", None]) == [{"a": 1}]
    assert items({"a": 1}) == items(None) == []
