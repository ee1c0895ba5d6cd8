"""The gateway's own numbers."""

from tocsin.gateway.counts import Counts


def test_counts_are_told_by_their_labels_and_escaped() -> None:
    counts = Counts()
    counts.add("failures", system='a"b', why="x\\y\n")
    counts.add("failures", 2, system='a"b', why="x\\y\n")
    assert counts.get("failures", system='a"b', why="x\\y\n") == 3
    text = counts.text({"tocsin_gateway_control_lost": {"loans": 1.0}})
    assert 'tocsin_gateway_failures_total{system="a\\"b",why="x\\\\y\\n"} 3' in text
    assert 'tocsin_gateway_control_lost{system="loans"} 1' in text
    assert all(line.startswith(("#", "tocsin_gateway_")) for line in text.splitlines())
