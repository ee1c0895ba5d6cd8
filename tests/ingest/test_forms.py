import pytest

from tests.ingest.lending import NOW
from tocsin.base.errors import BadInput
from tocsin.base.slices import EVERYONE
from tocsin.ingest import forms


def test_absent_optional_fields_have_their_defaults() -> None:
    assert forms.optional({}, "version") is None
    assert forms.part({}, "scope") == EVERYONE
    assert forms.instant({}, "at", NOW) == NOW
    assert forms.text({}, "system", default="s") == "s"


def test_an_instant_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(BadInput, match="outside the calendar"):
        forms.instant({"at": "0001-01-01T00:00:00+14:00"}, "at", NOW)


def test_an_unknown_field_is_named_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="x: unknown field 'b'; the fields are a, c"):
        forms.record({"b": 1}, frozenset({"a", "c"}), "x")
