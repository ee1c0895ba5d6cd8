import pytest

from tocsin.ingest.rows import Attribute


@pytest.mark.parametrize(
    ("value", "band"),
    [(24.9, "<25"), (25, "25–40"), ("40", "≥40"), (float("nan"), None), ("old", None), ("", None)],
)
def test_a_band_holds_its_lower_border_and_unknown_is_none(value: object, band: str) -> None:
    assert Attribute("age", (25, 40)).band(value) == band


def test_an_attribute_without_edges_keeps_its_words() -> None:
    assert [Attribute("x").band(v) for v in (True, 3.0, "n")] == ["true", "3", "n"]
