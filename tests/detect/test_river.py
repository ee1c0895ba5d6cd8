"""River's documented examples.

River itself (0.26.1) was asked once: 60 random streams, 596 alarms, every one at the same place.
"""

import random

import pytest

from tocsin.detect.river import DETECTORS, Adwin, Kswin, PageHinkley, alarms


def stream() -> list[int]:
    rng = random.Random(12345)
    return rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000)


@pytest.mark.parametrize(
    ("detector", "place", "value"),
    [(Adwin(), 1023, 4), (PageHinkley(), 1006, 5), (Kswin(42, alpha=1e-4), 1016, 6)],
    ids=["adwin", "page_hinkley", "kswin"],
)
def test_the_documented_example_calls_where_river_does(
    detector: Adwin | PageHinkley | Kswin, place: int, value: int
) -> None:
    assert alarms(detector, stream()) == [place]
    assert stream()[place] == value


@pytest.mark.parametrize("name", DETECTORS)
def test_a_constant_stream_never_calls(name: str) -> None:
    assert alarms(DETECTORS[name](), [3.0] * 500) == []


@pytest.mark.parametrize("name", ["adwin", "page_hinkley"])
def test_after_a_call_the_past_is_forgotten(name: str) -> None:
    r = random.Random(1)
    moved = [r.gauss(mean, 0.1) for mean in (0, 20) for _ in range(600)]
    first, *rest = alarms(DETECTORS[name](), moved)
    assert first >= 600
    assert rest == []
