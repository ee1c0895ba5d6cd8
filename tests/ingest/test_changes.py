from datetime import UTC, datetime

import pytest

from tests.ingest.lending import NOW
from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice
from tocsin.ingest.change import ChangeKind
from tocsin.ingest.changes import parse_change


def test_a_full_change_is_read() -> None:
    change = parse_change(
        {
            "system": "s",
            "kind": "deploy",
            "title": "model 2026-11-20",
            "at": "2026-11-20T13:00:00+01:00",
            "scope": "region=north",
            "features": ["income"],
            "version": "2",
            "facts": {"commit": "9f3c", "lines": 12},
        },
        "chg_1",
        NOW,
    )
    assert (change.id, change.system, change.kind) == ("chg_1", "s", ChangeKind.DEPLOY)
    assert change.at == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert change.scope == Slice.of({"region": "north"})
    assert (change.features, change.version) == (("income",), "2")
    assert change.facts == {"commit": "9f3c", "lines": "12"}


def test_a_change_without_time_happened_now() -> None:
    assert parse_change({"kind": "flag", "title": "t"}, "c", NOW, "s").at == NOW


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "deply"}, "kind: unknown kind 'deply'; the kinds are deploy"),
        ({"kind": None}, "kind: kind is missing"),
        ({"title": " "}, "title: title is missing"),
        ({"at": "soon"}, "at: 'soon' is not an instant"),
        ({"at": "2026-11-20T14:11:00Z"}, "at: clock skew"),
        ({"system": None}, "system: system is missing"),
        ({"scope": "north"}, "'north' is not a slice"),
        ({"features": "income"}, "features: features is no list"),
        ({"facts": []}, "facts: facts is no object"),
        ({"author": "x"}, "change: unknown field 'author'"),
        ({"title": "x" * 10_001}, "title: title is too long"),
    ],
)
def test_a_fault_names_its_field(change: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse_change({"system": "s", "kind": "deploy", "title": "t"} | change, "c", NOW)
